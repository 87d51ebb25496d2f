import { createHash } from "node:crypto";

import type { CheckpointHeader } from "../ml/checkpoint/schema.ts";
import { checkpointHeaderSchema } from "../ml/checkpoint/schema.ts";

/** Tensors by name, as an engine hands them out. */
export type Variables = Map<string, { shape: number[]; values: Float32Array }>;

/** One moment of a training, complete. */
export interface Checkpoint extends Omit<CheckpointHeader, "formatVersion" | "variables"> {
  variables: Variables;
}

/** Bytes = length of the header (uint32, little-endian), header (JSON), values (float32, little-endian). Equal moments give equal bytes. */
export function encodeCheckpoint({ variables, ...rest }: Checkpoint): { bytes: Uint8Array; sha256: string } {
  const header: CheckpointHeader = {
    formatVersion: 1,
    ...rest,
    variables: [...variables].map(([name, { shape }]) => ({ name, shape })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.byteLength);
  const values = [...variables.values()].map((variable) => float32Bytes(variable.values));
  const bytes = Buffer.concat([length, text, ...values]);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** @throws if the bytes are no checkpoint; verify their hash first */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerEnd = 4 + view.readUInt32LE(0);
  const {
    formatVersion: _,
    variables: specs,
    ...rest
  } = checkpointHeaderSchema.parse(JSON.parse(view.toString("utf8", 4, headerEnd)));
  const variables: Variables = new Map();
  let offset = headerEnd;
  for (const { name, shape } of specs) {
    const byteLength = 4 * shape.reduce((size, dimension) => size * dimension, 1);
    variables.set(name, { shape, values: float32Values(view.subarray(offset, offset + byteLength)) });
    offset += byteLength;
  }
  if (offset !== view.byteLength)
    throw new RangeError(`A checkpoint of ${offset} bytes was expected; received ${view.byteLength}`);
  return { ...rest, variables };
}

/** The values' bytes, little-endian as on every machine TensorFlow runs on; shares memory. */
export function float32Bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy, since bytes may begin anywhere (and a Buffer's own `slice` would share its memory). */
export function float32Values(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

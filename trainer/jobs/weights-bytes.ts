import { InvalidData } from "../../ml/errors.ts";
import { float32Bytes, float32Values } from "../../storage/checkpoint-bytes.ts";
import type { EngineState, NetworkDescription } from "../engine/engine.ts";

/** The weights artifact: float32 little-endian, concatenated in the network's order. Optimizer slots are not in it. */
export function weightsBytes({ weights }: NetworkDescription, { variables }: EngineState): Uint8Array {
  return Buffer.concat(weights.map(({ name }) => float32Bytes(variables.get(name)!.values)));
}

/**
 * The state that loads such bytes into an engine of the same network.
 * @throws {InvalidData} if there are more or fewer bytes than the network has weights
 */
export function weightsState({ weights }: NetworkDescription, bytes: Uint8Array): EngineState {
  const sizes = weights.map(({ shape }) => 4 * shape.reduce((size, dimension) => size * dimension, 1));
  const expected = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes.byteLength !== expected) {
    throw new InvalidData(
      `The weights of this network take ${expected} bytes; received ${bytes.byteLength}: they are of another model`,
    );
  }
  let offset = 0;
  const variables: EngineState["variables"] = new Map();
  for (const [index, { name, shape }] of weights.entries()) {
    const end = offset + sizes[index]!;
    variables.set(name, { shape, values: float32Values(bytes.subarray(offset, end)) });
    offset = end;
  }
  return { step: 0, variables };
}

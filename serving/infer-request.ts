import { z } from "zod";

import type { ImageShape } from "../activities/ingest/decode-image.ts";
import { imageBytes } from "../activities/model-input.ts";
import { RequestRefused } from "./request-refused.ts";

/** The one input of every model: pixels of its own shape, or image files to be brought to it. */
export const inputName = "images";
export const outputNames = ["probabilities", "classes"] as const;
export type OutputName = (typeof outputNames)[number];

/** More would hold memory for too long; clients split. */
const mostImages = 1024;

export interface InferRequest {
  id: string | undefined;
  images: { pixels: Uint8Array; rows: number } | { files: Buffer[] };
  outputs: { name: OutputName; isBinary: boolean }[];
}

const parametersSchema = z.record(z.string(), z.unknown()).default({});
const requestSchema = z.object({
  id: z.string().optional(),
  parameters: parametersSchema,
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int().nonnegative()),
      datatype: z.string(),
      parameters: parametersSchema,
      data: z.array(z.unknown()).optional(),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema })).optional(),
});
type Tensor = z.infer<typeof requestSchema>["inputs"][number];

/**
 * Reads the body of an inference request of the Open Inference Protocol: JSON, JSON followed by binary tensors, or one image file alone.
 *
 * @param jsonBytes the header `Inference-Header-Content-Length`: how much of the body is JSON
 * @see https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 * @throws {RequestRefused}
 */
export function parseInferRequest(
  body: Buffer,
  { contentType, jsonBytes }: { contentType: string; jsonBytes: string | undefined },
  shape: ImageShape,
): InferRequest {
  const isFile =
    contentType.startsWith("image/") || (contentType.startsWith("application/octet-stream") && jsonBytes === undefined);
  if (isFile)
    return { id: undefined, images: { files: [body] }, outputs: outputNames.map((name) => ({ name, isBinary: false })) };
  const jsonLength = jsonBytes === undefined ? body.length : Number(jsonBytes);
  if (!Number.isInteger(jsonLength) || jsonLength < 0 || jsonLength > body.length)
    throw refused(`Inference-Header-Content-Length must be 0 to ${body.length}, the body's length; received ${jsonBytes}`);
  const request = parseJson(body.subarray(0, jsonLength));
  const input = onlyInput(request);
  const binary = body.subarray(jsonLength);
  const images = input.datatype === "BYTES" ? readFiles(input, binary) : readPixels(input, binary, shape);
  return { id: request.id, images, outputs: wantedOutputs(request) };
}

function onlyInput({ inputs }: z.infer<typeof requestSchema>): Tensor {
  const [input] = inputs;
  if (input?.name === inputName && inputs.length === 1) return input;
  const received = inputs.map(({ name }) => name).join(", ") || "none";
  throw refused(`a request has one input, named ${JSON.stringify(inputName)}; received ${received}`);
}

function parseJson(bytes: Buffer): z.infer<typeof requestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw refused(`the body is not JSON: ${(cause as Error).message}`);
  }
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refused(parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; "));
}

function wantedOutputs({ outputs, parameters }: z.infer<typeof requestSchema>): InferRequest["outputs"] {
  const all = parameters["binary_data_output"] === true;
  if (!outputs) return outputNames.map((name) => ({ name, isBinary: all }));
  return outputs.map(({ name, parameters: own }) => {
    const known = outputNames.find((output) => output === name);
    if (!known) throw refused(`there is no output ${JSON.stringify(name)}; there are ${outputNames.join(", ")}`);
    return { name: known, isBinary: own["binary_data"] === undefined ? all : own["binary_data"] === true };
  });
}

function readPixels(input: Tensor, binary: Buffer, shape: ImageShape): InferRequest["images"] {
  const datatype = shape.dtype.toUpperCase();
  const [rows = 0, ...image] = input.shape;
  const expected = [shape.height, shape.width, shape.channels];
  if (input.datatype !== datatype)
    throw refused(`${inputName} must be ${datatype} (pixels) or BYTES (image files); received ${input.datatype}`);
  if (image.join() !== expected.join() || rows === 0)
    throw refused(`${inputName} must have the shape [images, ${expected.join(", ")}]; received [${input.shape.join(", ")}]`);
  refuseMany(rows);
  const byteLength = rows * imageBytes(shape);
  const pixels = binaryData(input, binary);
  if (pixels) {
    if (pixels.length !== byteLength)
      throw refused(`the shape [${input.shape.join(", ")}] takes ${byteLength} bytes; received ${pixels.length}`);
    return { pixels, rows };
  }
  return { pixels: jsonPixels(input, byteLength, shape.dtype), rows };
}

/** @param byteLength of the pixels, two a value for uint16 */
function jsonPixels({ data = [], shape }: Tensor, byteLength: number, dtype: ImageShape["dtype"]): Uint8Array {
  const values = data.flat(Infinity);
  const [count, largest] = dtype === "uint8" ? [byteLength, 255] : [byteLength / 2, 65_535];
  if (values.length !== count) throw refused(`the shape [${shape.join(", ")}] takes ${count} values; received ${values.length}`);
  const wrong = values.find((value) => !Number.isInteger(value) || (value as number) < 0 || (value as number) > largest);
  if (wrong !== undefined)
    throw refused(`pixels are whole numbers from 0 to ${largest}, not normalized; received ${JSON.stringify(wrong)}`);
  const typed = dtype === "uint8" ? Uint8Array.from(values as number[]) : Uint16Array.from(values as number[]);
  return new Uint8Array(typed.buffer);
}

function readFiles(input: Tensor, binary: Buffer): InferRequest["images"] {
  const count = input.shape.reduce((product, length) => product * length, 1);
  if (count === 0) throw refused(`${inputName} must have the shape [images]; received [${input.shape.join(", ")}]`);
  refuseMany(count);
  const bytes = binaryData(input, binary);
  const files = bytes ? lengthPrefixed(bytes) : (input.data ?? []).flat(Infinity).map(fromBase64);
  if (files.length !== count)
    throw refused(`the shape [${input.shape.join(", ")}] takes ${count} image files; received ${files.length}`);
  return { files };
}

function fromBase64(value: unknown): Buffer {
  if (typeof value === "string" && value !== "" && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return Buffer.from(value, "base64");
  throw refused(`image files within JSON are base64; received ${JSON.stringify(value)?.slice(0, 40)}`);
}

/** The tensor's part of what stands behind the JSON; null where it is in the JSON itself. */
function binaryData({ parameters, data }: Tensor, binary: Buffer): Buffer | null {
  const size = parameters["binary_data_size"];
  if (size === undefined) return null;
  if (data !== undefined) throw refused("a tensor has either data or binary_data_size");
  if (size !== binary.length)
    throw refused(`binary_data_size is ${JSON.stringify(size)}, but ${binary.length} bytes follow the JSON`);
  return binary;
}

/** Elements of a BYTES tensor: each has its length before it, 4 bytes, little-endian. */
function lengthPrefixed(bytes: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + 4;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(offset) : Infinity;
    if (end > bytes.length)
      throw refused("a BYTES tensor's elements reach beyond its end; each is 4 bytes of length, then the bytes");
    elements.push(bytes.subarray(start, end));
    offset = end;
  }
  return elements;
}

function refuseMany(count: number): void {
  if (count > mostImages) throw new RequestRefused(413, `at most ${mostImages} images a request; received ${count}`);
}

function refused(message: string): RequestRefused {
  return new RequestRefused(400, message);
}

import type { ModelVersion } from "../ml/register/schema.ts";
import type { InferRequest, OutputName } from "./infer-request.ts";
import { answersOf } from "./predict-images.ts";

export interface InferResponse {
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

interface OutputTensor {
  name: OutputName;
  shape: number[];
  datatype: "FP32" | "BYTES";
  values: string[] | Float32Array;
}

/**
 * The answer to an inference request, with its tensors in the JSON or behind it, as each was asked for.
 *
 * @param probabilities `[rows, classes]`
 */
export function inferResponse(
  { id, outputs }: Pick<InferRequest, "id" | "outputs">,
  { name, version, signature }: ModelVersion,
  probabilities: Float32Array,
): InferResponse {
  const rows = probabilities.length / signature.classes.length;
  const tensors: Record<OutputName, () => OutputTensor> = {
    probabilities: () => ({
      name: "probabilities",
      shape: [rows, signature.classes.length],
      datatype: "FP32",
      values: probabilities,
    }),
    classes: () => ({
      name: "classes",
      shape: [rows],
      datatype: "BYTES",
      values: answersOf(probabilities, signature).map((answer) => answer.class),
    }),
  };
  const binary: Uint8Array[] = [];
  const described = outputs.map(({ name: output, isBinary }) => {
    const { values, ...tensor } = tensors[output]();
    if (!isBinary) return { ...tensor, data: Array.from<string | number>(values) };
    const bytes = binaryTensor(values);
    binary.push(bytes);
    return { ...tensor, parameters: { binary_data_size: bytes.length } };
  });
  const head = { model_name: name, model_version: String(version), ...(id === undefined ? {} : { id }), outputs: described };
  const json = Buffer.from(JSON.stringify(head));
  if (binary.length === 0) return { body: Uint8Array.from(json), headers: { "content-type": "application/json" } };
  const headers = { "content-type": "application/octet-stream", "inference-header-content-length": String(json.length) };
  return { body: Uint8Array.from(Buffer.concat([json, ...binary])), headers };
}

function binaryTensor(values: string[] | Float32Array): Uint8Array {
  if (values instanceof Float32Array) return new Uint8Array(values.slice().buffer);
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

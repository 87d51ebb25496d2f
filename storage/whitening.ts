import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { Normalizer } from "../ml/normalize/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";

/** @param matrix shape [values, values], flattened */
export function storeWhitening(matrix: Float32Array, artifacts: ArtifactStore): Promise<ArtifactRef> {
  const size = Math.sqrt(matrix.length);
  return artifacts.put(encodeNpy({ dtype: "float32", shape: [size, size], data: matrix }), mediaTypes.npy);
}

/** The matrix that images are multiplied by, shape [values, values], flattened; undefined where by none. */
export async function readWhitening({ whitening }: Normalizer, artifacts: ArtifactStore): Promise<Float32Array | undefined> {
  if (whitening === undefined) return undefined;
  if (typeof whitening === "string") return new Float32Array(Uint8Array.from(Buffer.from(whitening, "base64")).buffer);
  return decodeNpy(await artifacts.get(whitening), whitening.uri).data as Float32Array;
}

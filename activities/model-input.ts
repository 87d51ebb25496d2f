import type { ImageShape, ResizeParameters } from "./ingest/decode-image.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import type { ModelVersion, Signature } from "../ml/register/schema.ts";

/** The shape that images are brought to for a model. */
export function inputShape({ input }: Signature): ImageShape {
  const [height = 0, width = 0, channels = 0] = input.shape;
  return { height, width, channels, dtype: input.dtype };
}

/** Bytes of one image of that shape. */
export function imageBytes({ height, width, channels, dtype }: ImageShape): number {
  return height * width * channels * (dtype === "uint8" ? 1 : 2);
}

/**
 * How image files are brought to that shape: as ingest did when the model was made.
 * @throws {InvalidConfiguration} where the version is so old that nobody recorded it
 */
export function resizeParameters({ name, version, signature }: ModelVersion): ResizeParameters {
  if (signature.preprocessing) return signature.preprocessing;
  throw new InvalidConfiguration(
    `${name}:${version} was registered before its signature recorded how images are resized; run its pipeline again to register it anew`,
  );
}

/** @throws {InvalidConfiguration} where the version lacks it */
export function fileOf({ name, version, files }: ModelVersion, file: string): ArtifactRef {
  const ref = files[file];
  if (ref) return ref;
  throw new InvalidConfiguration(
    `${name}:${version} has no file ${JSON.stringify(file)}; it has ${Object.keys(files).join(", ")}`,
  );
}

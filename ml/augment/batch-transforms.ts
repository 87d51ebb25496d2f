import { randomStream } from "../random.ts";
import { projectiveTransform } from "./projective-transform.ts";
import { sampleAffine } from "./sample-affine.ts";
import type { Augmentation } from "./schema.ts";

/**
 * The transforms of some samples in one epoch. Each is drawn from (seed, epoch, sample id), so neither batch, order nor a retry changes it.
 *
 * @returns [ids.length × 8], as ImageProjectiveTransformV3 takes them
 */
export function batchTransforms(
  augmentation: Augmentation,
  epoch: number,
  ids: readonly string[],
  size: { height: number; width: number },
): Float32Array {
  const transforms = new Float32Array(ids.length * 8);
  for (const [row, id] of ids.entries()) {
    const affine = sampleAffine(augmentation.parameters, randomStream(augmentation.seed, "augment", epoch, id));
    transforms.set(projectiveTransform(affine, size), row * 8);
  }
  return transforms;
}

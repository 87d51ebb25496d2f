import type { Samples } from "../ingest/schema.ts";
import { partCodes } from "../split/schema.ts";

/** The rows of a data set and the part of each. */
export interface DividedSamples {
  samples: Pick<Samples, "id" | "group" | "sha256">;
  /** As `partCodes` numbers them; shape [rows]. */
  codes: Uint8Array;
}

/**
 * What of a test set has shaped a model: its groups, or single images where there are none, that are in the model's training or validation
 * part. Images are the same by their pixels; where the two data sets are of different shapes, pixels cannot tell and ids have to.
 *
 * @param test rows of `tested`
 * @returns groups and ids, each once
 */
export function trainingOverlap(
  tested: DividedSamples,
  test: Int32Array,
  { trained, sameShape }: { trained: DividedSamples; sameShape: boolean },
): string[] {
  const { id, group, sha256 } = trained.samples;
  const image = sameShape ? "sha256" : "id";
  const shaped = { group: new Set<string>(), image: new Set<string>() };
  for (const [row, code] of trained.codes.entries()) {
    if (code !== partCodes.train && code !== partCodes.validation) continue;
    if (group[row] !== "") shaped.group.add(group[row]!);
    shaped.image.add((image === "sha256" ? sha256 : id)[row]!);
  }
  const found = new Set<string>();
  for (const row of test) {
    const own = tested.samples.group[row]!;
    if (own !== "" && shaped.group.has(own)) found.add(own);
    else if (shaped.image.has(tested.samples[image][row]!)) found.add(tested.samples.id[row]!);
  }
  return [...found];
}

import type { ArtifactRef } from "../ml/artifact.ts";
import { InvalidData } from "../ml/errors.ts";
import type { Dataset } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { decodeNpy } from "./npy.ts";

/** The part of each row, as `partCodes` numbers them; shape [rowCount]. */
export async function readSplit(
  artifacts: ArtifactStore,
  split: ArtifactRef,
  { rowCount }: Pick<Dataset, "rowCount">,
): Promise<Uint8Array> {
  const { data, dtype } = decodeNpy(await artifacts.get(split), split.uri);
  if (dtype !== "uint8" || data.length !== rowCount) {
    throw new InvalidData(`${split.uri}: a split of ${rowCount} uint8 codes was expected; received ${data.length} of ${dtype}`);
  }
  return data as Uint8Array;
}

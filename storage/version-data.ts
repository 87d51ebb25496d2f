import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { Dataset, Samples, SourceFile } from "../ml/ingest/schema.ts";
import { datasetSchema, sourceManifestSchema } from "../ml/ingest/schema.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { readSplit } from "./read-split.ts";
import { readSamples } from "./tables.ts";

/** The data that made a model version. */
export interface VersionData {
  dataset: Dataset;
  samples: Samples;
  /** Part of each row, as `partCodes` numbers them. */
  codes: Uint8Array;
  /** The manifest of its source; null where the run's record was not at hand. */
  source: { sha256: string; files: SourceFile[] } | null;
}

/** Reads the data set of a version by its lineage; null where it is no longer in the store. */
export async function readVersionData(
  { lineage }: Pick<ModelVersion, "lineage">,
  artifacts: ArtifactStore,
): Promise<VersionData | null> {
  const { dataset: datasetHash = "", split = "", source: sourceHash = "" } = lineage;
  const find = (sha256: string, mediaType: string): Promise<ArtifactRef | null> =>
    sha256 === "" ? Promise.resolve(null) : artifacts.find(sha256, mediaType);
  const [datasetRef, splitRef, sourceRef] = await Promise.all([
    find(datasetHash, mediaTypes.json),
    find(split, mediaTypes.npy),
    find(sourceHash, mediaTypes.json),
  ]);
  if (!datasetRef || !splitRef) return null;
  const dataset = await artifacts.getJson(datasetRef, datasetSchema);
  if (!(await artifacts.isIntact(dataset.samples))) return null;
  const [samples, codes, manifest] = await Promise.all([
    artifacts.localPath(dataset.samples).then((path) => readSamples(path, dataset)),
    readSplit(artifacts, splitRef, dataset),
    sourceRef && artifacts.getJson(sourceRef, sourceManifestSchema),
  ]);
  return { dataset, samples, codes, source: manifest && { sha256: sourceHash, files: manifest.files } };
}

import type { PartName } from "../ml/ingest/schema.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import type { VersionData } from "../storage/version-data.ts";
import { readVersionData } from "../storage/version-data.ts";

/** Rows of each part of a data set. */
export type PartCounts = Record<PartName, number>;

/** The data that made a model. */
export interface ModelLineage {
  dataset: { sha256: string; images: number; classes: number; groups: number; parts: PartCounts; licence: string | null };
  /** The manifest of its source, and how many files it lists; null where the run's record was not at hand. */
  source: { sha256: string; files: number } | null;
}

/** How a model came from the data asked for. */
export interface TrainedOn {
  as: "data set" | "source" | "source file" | "group" | "image";
  /** Rows by part; those in training and validation have shaped the model. */
  parts: PartCounts;
}

/** Reads the data sets of model versions, each once, however many versions came from it. */
export class LineageReader {
  readonly #artifacts: ArtifactStore;
  readonly #loaded = new Map<string, Promise<VersionData | null>>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** Which data made this version; null where its data set is no longer in the store. */
  async dataOf(version: ModelVersion): Promise<ModelLineage | null> {
    const loaded = await this.#load(version);
    if (loaded === null) return null;
    const { dataset, samples, codes, source } = loaded;
    return {
      dataset: {
        sha256: version.lineage["dataset"] ?? "",
        images: dataset.rowCount,
        classes: dataset.classes.length,
        groups: new Set(samples.group.filter((group) => group !== "")).size,
        parts: countParts(codes, () => true),
        licence: dataset.licence,
      },
      source: source && { sha256: source.sha256, files: source.files.length },
    };
  }

  /**
   * Whether a version came from some data: the sha256 of a data set, of a source's manifest, of a source file or of an image's pixels; a
   * group; an image's id, or the path of a source file. Null: it did not.
   * @returns "unknown" where its data set is no longer in the store
   */
  async trainedOn(version: ModelVersion, data: string): Promise<TrainedOn | "unknown" | null> {
    const loaded = await this.#load(version);
    const everything = () => true;
    const { dataset, source } = version.lineage;
    if (loaded === null) return data === dataset || data === source ? { as: "data set", parts: noRows } : "unknown";
    const { samples, codes } = loaded;
    if (data === dataset) return { as: "data set", parts: countParts(codes, everything) };
    if (data === source) return { as: "source", parts: countParts(codes, everything) };
    const image = countParts(codes, (row) => samples.id[row] === data || samples.sha256[row] === data);
    if (total(image) > 0) return { as: "image", parts: image };
    const group = countParts(codes, (row) => samples.group[row] === data);
    if (data !== "" && total(group) > 0) return { as: "group", parts: group };
    const file = loaded.source?.files.find(({ path, sha256 }) => path === data || sha256 === data);
    if (!file) return null;
    // A picture of its own is one row; of an archive or a table any row may be.
    const rows = countParts(codes, (row) => samples.id[row] === file.path);
    return { as: "source file", parts: total(rows) > 0 ? rows : countParts(codes, everything) };
  }

  #load(version: ModelVersion): Promise<VersionData | null> {
    const { dataset = "", split = "", source = "" } = version.lineage;
    const key = `${dataset} ${split} ${source}`;
    const known = this.#loaded.get(key) ?? readVersionData(version, this.#artifacts);
    this.#loaded.set(key, known);
    return known;
  }
}

const noRows: PartCounts = { train: 0, validation: 0, test: 0 };

function countParts(codes: Uint8Array, isWanted: (row: number) => boolean): PartCounts {
  const counts = { ...noRows };
  for (const [row, code] of codes.entries()) {
    if (!isWanted(row)) continue;
    if (code === partCodes.train) counts.train++;
    if (code === partCodes.validation) counts.validation++;
    if (code === partCodes.test) counts.test++;
  }
  return counts;
}

function total({ train, validation, test }: PartCounts): number {
  return train + validation + test;
}

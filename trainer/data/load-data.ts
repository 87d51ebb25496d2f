import { InvalidData } from "../../ml/errors.ts";
import type { PartName } from "../../ml/ingest/schema.ts";
import { partCodes } from "../../ml/split/schema.ts";
import type { TrainerJob } from "../../ml/train/trainer-messages.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { decodeNpy } from "../../storage/npy.ts";
import { readSamples } from "../../storage/tables.ts";
import type { EngineData } from "../engine/engine.ts";
import { ShardReader } from "./shard-reader.ts";

/** The data set as an engine reads it, and which rows are for what. */
export interface LoadedData {
  data: EngineData;
  /** Row numbers of each part, ascending. */
  parts: Record<PartName, Int32Array>;
  /** Group of every row, "" where it has none. */
  groups: readonly string[];
  close(): void;
}

/**
 * Fetches what a job reads: pixels by way of the local cache, labels, ids, groups and parts.
 * @throws {InvalidData} if split and data set do not fit, or a row of a part has no label
 */
export async function loadData(
  { dataset, split }: Pick<TrainerJob, "dataset" | "split">,
  artifacts: ArtifactStore,
  onShard: (done: number) => void,
): Promise<LoadedData> {
  const codes = decodeNpy(await artifacts.get(split), split.uri).data as Uint8Array;
  if (codes.length !== dataset.rowCount) {
    throw new InvalidData(`The split must have ${dataset.rowCount} rows, as the data set; received ${codes.length}`);
  }
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const reader = await ShardReader.open(dataset, artifacts, onShard);
  const { height, width, channels, dtype, rowCount } = dataset;
  const parts = {
    train: rowsOf(codes, partCodes.train),
    validation: rowsOf(codes, partCodes.validation),
    test: rowsOf(codes, partCodes.test),
  };
  for (const [part, rows] of Object.entries(parts)) {
    const stray = rows.find((row) => !(samples.label[row]! >= 0 && samples.label[row]! < dataset.classes.length));
    if (stray !== undefined) {
      throw new InvalidData(
        `Row ${stray} (${samples.id[stray]}) is in the ${part} part but has no label; received ${samples.label[stray]}`,
      );
    }
  }
  return {
    data: {
      height,
      width,
      channels,
      dtype,
      rowCount,
      labels: samples.label,
      ids: samples.id,
      read: async (rows) => reader.read(rows),
    },
    parts,
    groups: samples.group,
    close: () => reader.close(),
  };
}

/** Class codes of some rows, in their order. */
export function labelsOf({ labels }: EngineData, rows: Int32Array): Int32Array {
  return rows.map((row) => labels[row]!);
}

function rowsOf(codes: Uint8Array, part: number): Int32Array {
  const rows = new Int32Array(codes.reduce((count, code) => count + (code === part ? 1 : 0), 0));
  let next = 0;
  for (let row = 0; row < codes.length; row++) if (codes[row] === part) rows[next++] = row;
  return rows;
}

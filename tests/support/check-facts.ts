import { gatherFacts } from "../../ml/check/gather-facts.ts";
import type { ImageStatistics } from "../../ml/check/image-statistics.ts";
import type { CheckFacts } from "../../ml/check/rule.ts";
import { takeSteps } from "./take-steps.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";

/** One row of a made-up data set; what is left out is unremarkable. */
export interface FactRow {
  id?: string;
  label?: number;
  part?: string;
  group?: string;
  sha256?: string;
  brightestShare?: number;
  darkestShare?: number;
  information?: number;
  sharpness?: number;
  hash?: bigint;
  constant?: boolean;
  grey?: boolean;
  /** Of all blocks of the thumbnail. */
  shade?: number;
  /** Height and width before resizing. */
  size?: readonly [number, number];
  /** EXIF's, of an image file. */
  orientation?: number;
  /** What a file is whose name says another kind. */
  misnamed?: string;
}

/** Hashes far from one another: bits of an odd multiplier's products. */
const spreadHash = (row: number) => BigInt.asUintN(64, BigInt(row + 1) * 0x9e3779b97f4a7c15n);

/** What rules look at, from a few rows written by hand. */
export function factsOf(
  rows: readonly FactRow[],
  dataset: Partial<Dataset> = {},
  columns: Record<string, (string | number | null)[]> = {},
  expected: Parameters<typeof gatherFacts>[3] = {},
): CheckFacts {
  const images: ImageStatistics = {
    brightestShare: Float32Array.from(rows, (row) => row.brightestShare ?? 0.9),
    darkestShare: Float32Array.from(rows, (row) => row.darkestShare ?? 0.9),
    information: Float32Array.from(rows, (row) => row.information ?? 0.7),
    sharpness: Float32Array.from(rows, (row) => row.sharpness ?? 0.9),
    hash: BigUint64Array.from(rows, (row, index) => row.hash ?? spreadHash(index)),
    constant: Uint8Array.from(rows, (row) => (row.constant ? 1 : 0)),
    grey: Uint8Array.from(rows, (row) => (row.grey ? 1 : 0)),
    thumbnails: Uint8Array.from({ length: 64 * rows.length }, (_, i) => rows[Math.floor(i / 64)]?.shade ?? 100),
  };
  const samples = {
    id: rows.map(({ id }, row) => id ?? `row ${row}`),
    label: Int32Array.from(rows.map(({ label = 0 }) => label)),
    part: rows.map(({ part = "" }) => part),
    group: rows.map(({ group = "" }) => group),
    sha256: rows.map(({ sha256 }, row) => sha256 ?? `pixels ${row}`),
    columns,
    ...(rows.some(({ size }) => size)
      ? {
          sourceSizes: {
            heights: Int32Array.from(rows, ({ size = [28, 28] }) => size[0]),
            widths: Int32Array.from(rows, ({ size = [28, 28] }) => size[1]),
          },
        }
      : {}),
    ...(rows.some(({ orientation, misnamed }) => orientation !== undefined || misnamed !== undefined)
      ? {
          sourceFiles: {
            orientations: Int32Array.from(rows, ({ orientation = 1 }) => orientation),
            misnamed: rows.map(({ misnamed = "" }) => misnamed),
          },
        }
      : {}),
  };
  const base: Dataset = {
    formatVersion: 1,
    height: 28,
    width: 28,
    channels: 1,
    dtype: "uint8",
    classes: ["cat", "dog"],
    rowCount: rows.length,
    shards: [],
    samples: { uri: "", sha256: "0".repeat(64), sizeBytes: 0, mediaType: "" },
    columns: [],
    unreadable: [],
    licence: null,
  };
  return takeSteps(gatherFacts({ ...base, ...dataset }, samples, images, expected));
}

import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";

/** One file of a source: uploaded bytes (`uri`), or a remote file that ingest fetches itself (`url` and `etag`). */
export const sourceFileSchema = z.strictObject({
  /** Path relative to the source's root, `/`-separated: what readers recognize files by. Never absolute. */
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string().optional(),
  uri: z.string().optional(),
  url: z.string().optional(),
  etag: z.string().optional(),
});
export type SourceFile = z.infer<typeof sourceFileSchema>;

/** What a data set was made from: a sorted list of files. Its hash is ingest's input. */
export const sourceManifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  files: z.array(sourceFileSchema),
});
export type SourceManifest = z.infer<typeof sourceManifestSchema>;

export const ingestParametersSchema = z.strictObject({
  /** Images per stored shard. Changes how bytes are cut, never a result. */
  shardRows: z.int().min(1).max(1_000_000).default(8192).describe("images per stored shard"),
  /** Share of files, 0 to 1, that may be unreadable before the run fails. */
  maxUnreadableShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe("share of unreadable files tolerated before the run fails, 0 to 1"),
});
export type IngestParameters = z.infer<typeof ingestParametersSchema>;

export const partNames = ["train", "validation", "test"] as const;
export type PartName = (typeof partNames)[number];

/** A data set as every later stage sees it; the pixels and rows are in the artifacts it refers to. */
export const datasetSchema = z.strictObject({
  formatVersion: z.literal(1),
  height: z.int().positive(),
  width: z.int().positive(),
  channels: z.int().positive(),
  dtype: z.enum(["uint8", "uint16"]),
  /** Class names in the order of their codes: `classes[label]`. */
  classes: z.array(z.string()),
  rowCount: z.int().nonnegative(),
  /** Rows in order: shard 0 holds rows 0 … rows-1, and so on. Each is an npy array [rows, height, width, channels]. */
  shards: z.array(z.strictObject({ ref: artifactRefSchema, rows: z.int().positive() })),
  /**
   * Parquet, one line a row, in row order: `id` (string, unique), `label` (int32 code, -1 = none), `part` (string: train, validation,
   * test or empty: the part the source gives it), `group` (string, empty = none), `sha256` (of the raw pixels), then user columns.
   */
  samples: artifactRefSchema,
  /** The user's columns in `samples`, beyond the five fixed ones. */
  columns: z.array(z.strictObject({ name: z.string(), type: z.enum(["number", "string"]) })),
  unreadable: z.array(z.strictObject({ source: z.string(), reason: z.string() })),
  licence: z.string().nullable(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** The fixed columns of a samples table, decoded. All arrays have `rowCount` entries, in row order. */
export interface Samples {
  id: string[];
  /** Class code, -1 where there is no label. */
  label: Int32Array;
  /** Part given by the source, or "" where it gives none. */
  part: string[];
  /** Group (patient, lesion …), or "" where there is none. */
  group: string[];
  /** sha256 of the raw pixels, hex: equal hashes are exact duplicates. */
  sha256: string[];
  /** The user's columns by name; null = missing. */
  columns: Record<string, (string | number | null)[]>;
}

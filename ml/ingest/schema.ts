import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { moduleSchema } from "../module/schema.ts";

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

export const resizeModes = ["auto", "stretch", "cover", "contain", "pad"] as const;
export const resizeKernels = ["nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"] as const;

export const ingestParametersSchema = z.strictObject({
  height: z
    .int()
    .min(1)
    .max(8192)
    .optional()
    .describe("rows of pixels each image is brought to; default: those of the first image"),
  width: z
    .int()
    .min(1)
    .max(8192)
    .optional()
    .describe("columns of pixels each image is brought to; default: those of the first image"),
  channels: z
    .union([z.literal("auto"), z.literal(1), z.literal(3)])
    .default("auto")
    .describe("1 = grey, 3 = red, green, blue; auto: 3 where any of the images looked at first has color"),
  resize: z
    .enum(resizeModes)
    .default("auto")
    .describe(
      "stretch: aspect may change; cover: cut to fit; contain: black borders; pad: the same, never enlarged; auto: stretch where the aspect differs by less than 2 %, else contain",
    ),
  kernel: z
    .enum(resizeKernels)
    .default("linear")
    .describe("how pixels are interpolated on resizing; antialiased where they shrink"),
  maxImages: z
    .int()
    .min(1)
    .optional()
    .describe("read at most so many images, evenly of all classes and given parts, by hash of their names; default: all"),
  /** Images per stored shard. Changes how bytes are cut, never a result. */
  shardRows: z.int().min(1).max(1_000_000).default(8192).describe("images per stored shard"),
  /** Share of files, 0 to 1, that may be unreadable before the run fails. */
  maxUnreadableShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe("share of unreadable files tolerated before the run fails, 0 to 1"),
  reader: moduleSchema.optional().describe("a module of your own that decodes files convoy does not know: ./dicom.ts"),
});
export type IngestParameters = z.infer<typeof ingestParametersSchema>;

/** Corrections as a person names them, and as a run keeps them: by content. */
export const correctionsSchema = z.union([z.string().min(1), z.strictObject({ file: z.string(), content: artifactRefSchema })]);

const patternsSchema = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** How a source is read, beyond where it lies. */
export const datasetReadingSchema = z.strictObject({
  images: patternsSchema.optional().describe("which files hold images, by name, e.g. images_part_*.zip; default: all"),
  table: z.string().min(1).optional().describe("a CSV, TSV or parquet file with one line an image"),
  key: z.string().min(1).optional().describe("the table's column that names the image, with or without folder and extension"),
  label: z.string().min(1).optional().describe("the table's column that holds the class"),
  group: z
    .string()
    .min(1)
    .optional()
    .describe("what must not be parted: the table's column; without a table a regular expression that finds it in the path"),
  part: z
    .string()
    .min(1)
    .optional()
    .describe(
      "the table's column that says the given part in a word: train, val, test and the like; default: the folders say it",
    ),
  forbidden: z.array(z.string()).optional().describe("columns of the table that give the answer away; they are left out"),
  classes: z.array(z.string()).min(1).optional().describe("class names in the order of their codes"),
  corrections: correctionsSchema
    .optional()
    .describe("a CSV with the columns image, action (exclude or relabel), label and reason; relative to where convoy is started"),
  licence: z.string().optional().describe("shown in reports and on the model card"),
});
export type DatasetReading = z.infer<typeof datasetReadingSchema>;

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
   * test or empty: the part the source gives it), `group` (string, empty = none), `sha256` (of the raw pixels), for image files `sourceHeight` and
   * `sourceWidth` (int32, before resizing), `orientation` (int32, EXIF's) and `misnamed` (string: the kind of a file whose name says another), then
   * user columns.
   */
  samples: artifactRefSchema,
  /** The user's columns in `samples`, beyond the five fixed ones. */
  columns: z.array(z.strictObject({ name: z.string(), type: z.enum(["number", "string"]) })),
  /** Without a cause: the file could not be read. `no-file`: a line of the table without image; `no-row`: an image without line. */
  unreadable: z.array(
    z.strictObject({ source: z.string(), reason: z.string(), cause: z.enum(["no-file", "no-row"]).optional() }),
  ),
  licence: z.string().nullable(),
  /** What people corrected before the rows were written; absent where nothing was. */
  corrections: z
    .array(
      z.strictObject({
        image: z.string(),
        action: z.enum(["exclude", "relabel"]),
        label: z.string().nullable(),
        reason: z.string(),
      }),
    )
    .optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** Some images of a source and all it takes to decode them, for whichever worker is free. Its result is a data set of these rows. */
export const ingestPartSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** The source's files that hold them. */
  files: z.array(sourceFileSchema),
  shape: datasetSchema.pick({ height: true, width: true, channels: true, dtype: true }),
  classes: z.array(z.string()),
  columns: datasetSchema.shape.columns,
  /** Where they stand among all images of the source, and how many these are. */
  firstRow: z.int().nonnegative(),
  rowCount: z.int().nonnegative(),
  unreadable: datasetSchema.shape.unreadable,
  /** In row order. `member` is the name within the archive `file`, null for a loose file; the rest is the row without its pixels. */
  images: z.array(
    z.strictObject({
      path: z.string(),
      file: z.string(),
      member: z.string().nullable(),
      id: z.string(),
      label: z.int(),
      part: z.string(),
      group: z.string(),
      columns: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).optional(),
    }),
  ),
});
export type IngestPart = z.infer<typeof ingestPartSchema>;

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
  /** Rows and columns of pixels before resizing, EXIF rotation applied; absent where rows are no image files of their own. */
  sourceSizes?: { heights: Int32Array; widths: Int32Array };
  /**
   * EXIF orientation, 1 to 8, where 1 is upright; and what a file is by its bytes where its name says another kind, else "". Absent as
   * {@link sourceSizes} is, and in data sets made before it was kept.
   */
  sourceFiles?: { orientations: Int32Array; misnamed: string[] };
  /** The user's columns by name; null = missing. */
  columns: Record<string, (string | number | null)[]>;
}

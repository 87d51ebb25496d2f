import { z } from "zod";

import { labelNoiseSchema } from "../check/label-noise/schema.ts";
import { checkReportSchema } from "../check/schema.ts";
import { partNames } from "../ingest/schema.ts";

export const exploreParametersSchema = z.strictObject({
  samplesPerClass: z.int().min(1).max(50).default(8).describe("how many sample images are shown per class"),
  by: z.array(z.string().min(1)).optional().describe("columns by which the classes are shown; default: all that allow it"),
});
export type ExploreParameters = z.infer<typeof exploreParametersSchema>;

const partName = z.enum(partNames);
const histogramSchema = z.strictObject({ edges: z.array(z.number()), counts: z.array(z.int()) });

/** Something a reader should know first; `section` is where the report shows it. */
export const alertSchema = z.strictObject({
  severity: z.enum(["bad", "warn", "info"]),
  message: z.string(),
  section: z.enum(["balance", "images", "columns", "duplicates", "drift", "checks", "label-noise"]),
});
export type Alert = z.infer<typeof alertSchema>;

/** Rows and groups by part and class. */
export const balanceSchema = z.strictObject({
  parts: z.array(z.strictObject({ part: partName, rows: z.int(), groups: z.int(), perClass: z.array(z.int()) })),
  /** Rows that belong to no part. */
  unused: z.int(),
  /** Rows without a label. */
  unlabeled: z.int(),
  /** Largest class by smallest one that has rows; 1 = balanced. */
  imbalanceRatio: z.number(),
  /** Entropy of the class shares by that of equal shares; 1 = balanced, 0 = one class. */
  evenness: z.number(),
});
export type Balance = z.infer<typeof balanceSchema>;

/** One number an image has, in shares of full scale: how it is distributed in each part, and what it says about the class. */
export const imagePropertySchema = z.strictObject({
  name: z.enum(["brightness", "contrast", "sharpness"]),
  edges: z.array(z.number()),
  parts: z.array(z.strictObject({ part: partName, counts: z.array(z.int()), mean: z.number(), deviation: z.number() })),
  /** Mean by class code; null where a class has no rows. */
  classMeans: z.array(z.number().nullable()),
  /** Share of its variance that lies between classes. */
  etaSquared: z.number().nullable(),
});
export type ImageProperty = z.infer<typeof imagePropertySchema>;

/** Sizes of image files before resizing. */
export const sourceSizesSchema = z.strictObject({
  /** Of the square root of height times width. */
  sides: histogramSchema,
  /** Of width by height. */
  aspects: histogramSchema,
  /** How many sizes there are, and the ten that most images have. */
  distinct: z.int(),
  commonest: z.array(z.strictObject({ height: z.int(), width: z.int(), images: z.int() })),
});
export type SourceSizes = z.infer<typeof sourceSizesSchema>;

export const pixelsSchema = z.strictObject({
  /** Smallest and largest stored value of any pixel. */
  min: z.int(),
  max: z.int(),
  /** Of the training part, in shares of full scale: what per-channel normalization would use. */
  channels: z.array(z.strictObject({ mean: z.number(), deviation: z.number() })),
  /** Values of an image that are the same in every image. */
  constantValues: z.int(),
});

/** One of the user's columns. */
export const columnProfileSchema = z.strictObject({
  name: z.string(),
  type: z.enum(["number", "string"]),
  nulls: z.int(),
  /** Values that mean "nothing is known" without being null, e.g. "unknown". */
  hiddenNulls: z.array(z.strictObject({ value: z.string(), count: z.int() })),
  unique: z.int(),
  description: z
    .strictObject({
      count: z.int(),
      mean: z.number(),
      deviation: z.number(),
      min: z.number(),
      quartiles: z.tuple([z.number(), z.number(), z.number()]),
      max: z.number(),
    })
    .nullable(),
  histogram: histogramSchema.nullable(),
  /** The most frequent values, at most 20. */
  top: z.array(z.strictObject({ value: z.string(), count: z.int() })),
  /** How strongly the class hangs together with the column: Cramér's V of words, eta² of numbers; null where it cannot be said. */
  target: z.strictObject({
    measure: z.enum(["cramersV", "etaSquared"]),
    value: z.number().nullable(),
    /** Of words: rows by value (the most frequent) and class code. Of numbers: mean by class code. */
    table: z.array(z.strictObject({ value: z.string(), perClass: z.array(z.int()) })),
    classMeans: z.array(z.number().nullable()),
  }),
});
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

/** Each pair's measure by its types: Pearson's r, Cramér's V, or the correlation ratio eta. Symmetric; null where it cannot be said. */
export const correlationsSchema = z.strictObject({
  names: z.array(z.string()),
  values: z.array(z.array(z.number().nullable())),
  /** Spearman's rho of the pairs of numbers. */
  spearman: z.array(z.strictObject({ x: z.string(), y: z.string(), value: z.number().nullable() })),
});
export type Correlations = z.infer<typeof correlationsSchema>;

/** How far a part is from training, or what it has in common with it that it must not. */
export const comparisonSchema = z.strictObject({
  name: z.string(),
  part: partName,
  against: partName,
  measure: z.enum(["Kolmogorov–Smirnov", "Cramér's V", "shared groups", "shared images"]),
  value: z.number().nullable(),
  threshold: z.number(),
  verdict: z.enum(["fine", "over", "unknown"]),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const duplicatesSchema = z.strictObject({
  /** Sets of images with equal pixels, and the rows in them. */
  sets: z.int(),
  rows: z.int(),
  /** Sets whose images have different labels. */
  contradicting: z.int(),
  /** Rows of the first sets, at most 12, each at most 4. */
  examples: z.array(z.array(z.int())),
});

/** Some images laid out by the two directions in which images differ most. */
export const imageMapSchema = z.strictObject({
  points: z.array(z.strictObject({ row: z.int(), x: z.number(), y: z.number() })),
  /** Share of the whole variance along x and along y. */
  explained: z.tuple([z.number(), z.number()]),
});
export type ImageMap = z.infer<typeof imageMapSchema>;

/** Everything the exploration measures; the report shows the same numbers. */
export const explorationSchema = z.strictObject({
  formatVersion: z.literal(1),
  rowCount: z.int(),
  classes: z.array(z.string()),
  alerts: z.array(alertSchema),
  balance: balanceSchema,
  pixels: pixelsSchema,
  properties: z.array(imagePropertySchema),
  /** Null where rows are no image files of their own. */
  sourceSizes: sourceSizesSchema.nullable(),
  map: imageMapSchema.nullable(),
  columns: z.array(columnProfileSchema),
  correlations: correlationsSchema,
  duplicates: duplicatesSchema,
  comparisons: z.array(comparisonSchema),
  check: checkReportSchema,
  /** Null where nobody asked for it. */
  labelNoise: labelNoiseSchema.nullable(),
});
export type Exploration = z.infer<typeof explorationSchema>;

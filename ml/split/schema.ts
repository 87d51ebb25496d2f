import { z } from "zod";

/** How rows are coded in a split's npy array. */
export const partCodes = { train: 0, validation: 1, test: 2, unused: 3 } as const;

const splitShape = z.strictObject({
  strategy: z
    .enum(["auto", "given", "stratified", "group"])
    .default("auto")
    .describe(
      "how rows are dealt out to the parts; auto: given, if the source has train and test parts; else by group, if there are groups; else stratified by class",
    ),
  test: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe("share of all rows that become the test part; a test part given by the source takes precedence"),
  validation: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("share of the other rows that become the validation part; 0 = none"),
  minimumGroups: z
    .int()
    .min(1)
    .default(5)
    .describe("when splitting by group: how many groups of each class each part must have, else the run fails"),
  extends: z
    .string()
    .min(1)
    .optional()
    .describe(
      "a run whose split is extended: every row it knew keeps its part, so that no model is tested on what an earlier one was trained on; only new rows are split",
    ),
  folds: z
    .int()
    .min(2)
    .max(20)
    .optional()
    .describe(
      "cross-validation: this many additional trainings, each tested on one fold of all rows outside the test part; their answers are pooled, their models not registered",
    ),
  fold: z
    .int()
    .min(0)
    .optional()
    .describe("which fold becomes the test part, counted from 0; a run with folds sets it for each of its trainings"),
});

export const splitParametersSchema = splitShape.refine(({ fold, folds = 0 }) => fold === undefined || fold < folds, {
  path: ["fold"],
  message: "is one of split.folds, from 0 on",
});
export type SplitParameters = z.infer<typeof splitParametersSchema>;

export const partSummarySchema = z.strictObject({
  rows: z.int(),
  groups: z.int(),
  /** Rows of each class, by class code. */
  perClass: z.array(z.int()),
});

/** What the split stage hands on besides the npy array of codes. */
export const splitSummarySchema = z.strictObject({
  formatVersion: z.literal(1),
  strategy: z.enum(["given", "stratified", "group"]),
  parts: z.strictObject({ train: partSummarySchema, validation: partSummarySchema, test: partSummarySchema }),
  /** The leak gate's findings between parts; all zero unless waived. */
  leaks: z.strictObject({ groups: z.int(), exactDuplicates: z.int() }),
  /** Of a split that extends a run's: rows that kept their part, rows that are new, and units that had to move to train. */
  extends: z.strictObject({ runId: z.string(), kept: z.int(), added: z.int(), moved: z.int() }).optional(),
});
export type SplitSummary = z.infer<typeof splitSummarySchema>;

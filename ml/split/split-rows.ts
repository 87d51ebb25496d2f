import { InvalidSplit } from "../errors.ts";
import type { Samples } from "../ingest/schema.ts";
import type { PartShare } from "./allocate-units.ts";
import { divideRows } from "./divide-rows.ts";
import { holdOutFold } from "./hold-out-fold.ts";
import type { KnownParts } from "./known-parts.ts";
import type { SplitParameters, SplitSummary } from "./schema.ts";
import { partCodes } from "./schema.ts";

export type SplitStrategy = SplitSummary["strategy"];

export interface SplitRows {
  strategy: SplitStrategy;
  /** Part code of each row; shape [rows]. */
  codes: Uint8Array;
  /** Rows that kept the part they were known in. */
  kept: number;
  /** Units that had to move to train because they join several known parts. */
  moved: number;
}

/**
 * The part of each row: 0 train, 1 validation, 2 test, 3 unused (rows without a label).
 *
 * Images with equal pixels always share a part; so do rows of one group where the strategy is `group`, and where the source gives parts and
 * only validation is cut out of train. Equal samples, parameters and seed give equal parts whatever the order of rows. Where a fold is named,
 * it becomes the test part and the real one is not used at all.
 *
 * @param known parts that an earlier split gave: whatever it knew keeps them, and only the rest is allocated
 * @throws {InvalidSplit} if a class is too rare, the source's parts cannot be used, or there are folds and no test part
 */
export function splitRows(
  samples: Samples,
  classes: readonly string[],
  parameters: SplitParameters,
  seed: number,
  known?: KnownParts,
): SplitRows {
  const strategy = chooseStrategy(samples, parameters.strategy);
  if (known && strategy === "given")
    throw new InvalidSplit(
      "split.extends keeps the parts of an earlier run, but the source gives parts; choose stratified or group",
    );
  const codes = new Uint8Array(samples.label.length).fill(partCodes.unused);
  const labelled = [...samples.label.keys()].filter((row) => samples.label[row]! >= 0);
  const shares = strategy === "given" ? takeGivenParts(samples, labelled, codes, parameters) : freeShares(parameters);
  const open = strategy === "given" ? labelled.filter((row) => samples.part[row] === "train") : labelled;
  const byGroup = strategy === "group" || (strategy === "given" && hasGroups(samples));
  const minimumUnits = strategy === "group" ? parameters.minimumGroups : 1;
  const division = { samples, classes, byGroup, minimumUnits, seed };
  const { kept, moved } = divideRows(open, shares, codes, { ...division, known });
  const { folds, fold, validation } = parameters;
  if (folds !== undefined && fold === undefined) refuseNoTest(codes);
  if (folds !== undefined && fold !== undefined) holdOutFold(codes, { folds, fold, validation }, division);
  return { strategy, codes, kept, moved };
}

/** Said before anything is trained: the run's own model is tested on what no fold saw. */
function refuseNoTest(codes: Uint8Array): void {
  if (codes.includes(partCodes.test)) return;
  throw new InvalidSplit(
    "split.folds tests models on folds of what split.test leaves, and the model that is registered on the test part, which has no rows; " +
      "give split.test a share, or name given parts",
  );
}

function chooseStrategy(samples: Samples, asked: SplitParameters["strategy"]): SplitStrategy {
  if (asked === "group" && !hasGroups(samples)) {
    throw new InvalidSplit(`split.strategy is group, but no row has a group; name the column that holds it or choose stratified`);
  }
  if (asked !== "auto") return asked;
  if (samples.part.includes("test") && samples.part.includes("train")) return "given";
  return hasGroups(samples) ? "group" : "stratified";
}

function hasGroups(samples: Samples): boolean {
  return samples.group.some((group) => group !== "");
}

function freeShares({ test, validation }: SplitParameters): PartShare[] {
  return withoutEmpty([
    { name: "train", code: partCodes.train, share: (1 - test) * (1 - validation) },
    { name: "validation", code: partCodes.validation, share: (1 - test) * validation },
    { name: "test", code: partCodes.test, share: test },
  ]);
}

/** Enters the source's parts; what remains open is train, from which validation is cut where the source gives none. */
function takeGivenParts(
  samples: Samples,
  rows: readonly number[],
  codes: Uint8Array,
  { validation }: SplitParameters,
): PartShare[] {
  let hasValidation = false;
  for (const row of rows) {
    const part = samples.part[row]!;
    if (part !== "train" && part !== "validation" && part !== "test") {
      throw new InvalidSplit(
        `The source gives parts, but says none for ${JSON.stringify(samples.id[row])}; received ${JSON.stringify(part)}. ` +
          `Put each image into train, validation or test, leave the others out by dataset.images, or set split.strategy to stratified or group`,
      );
    }
    hasValidation ||= part === "validation";
    codes[row] = partCodes[part];
  }
  if (!rows.some((row) => codes[row] === partCodes.train)) {
    throw new InvalidSplit(`split.strategy is given, but no row of the source is for training; choose stratified or group`);
  }
  const cut = hasValidation ? 0 : validation;
  return withoutEmpty([
    { name: "train", code: partCodes.train, share: 1 - cut },
    { name: "validation", code: partCodes.validation, share: cut },
  ]);
}

function withoutEmpty(parts: readonly PartShare[]): PartShare[] {
  return parts.filter(({ share }) => share > 0);
}

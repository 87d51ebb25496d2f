import { InvalidSplit } from "../errors.ts";
import type { Samples } from "../ingest/schema.ts";
import type { PartShare } from "./allocate-units.ts";
import { allocateUnits } from "./allocate-units.ts";
import type { SplitParameters, SplitSummary } from "./schema.ts";
import { partCodes } from "./schema.ts";
import { splitUnits } from "./split-units.ts";

export type SplitStrategy = SplitSummary["strategy"];

/**
 * The part of each row: 0 train, 1 validation, 2 test, 3 unused (rows without a label).
 *
 * Images with equal pixels always share a part; so do rows of one group where the strategy is `group`, and where the source gives parts and
 * only validation is cut out of train. Equal samples, parameters and seed give equal parts whatever the order of rows.
 *
 * @throws {InvalidSplit} if a class is too rare, or the source's parts cannot be used
 */
export function splitRows(
  samples: Samples,
  classes: readonly string[],
  parameters: SplitParameters,
  seed: number,
): { strategy: SplitStrategy; codes: Uint8Array } {
  const strategy = chooseStrategy(samples, parameters.strategy);
  const codes = new Uint8Array(samples.label.length).fill(partCodes.unused);
  const labelled = [...samples.label.keys()].filter((row) => samples.label[row]! >= 0);
  const shares = strategy === "given" ? takeGivenParts(samples, labelled, codes, parameters) : freeShares(parameters);
  const open = strategy === "given" ? labelled.filter((row) => samples.part[row] === "train") : labelled;
  if (shares.length === 1) {
    for (const row of open) codes[row] = shares[0]!.code;
    return { strategy, codes };
  }
  const byGroup = strategy === "group" || (strategy === "given" && hasGroups(samples));
  const allocated = allocateUnits(splitUnits(samples, open, byGroup), {
    labels: samples.label,
    classes,
    parts: shares,
    minimumUnits: byGroup && strategy === "group" ? parameters.minimumGroups : 1,
    unitName: byGroup ? "group" : "row",
    seed,
  });
  for (const [row, code] of allocated) codes[row] = code;
  return { strategy, codes };
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
        `split.strategy is given, but the source says no part for ${JSON.stringify(samples.id[row])}; received ${JSON.stringify(part)}. ` +
          `Name train, validation or test for each row, or choose another strategy`,
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

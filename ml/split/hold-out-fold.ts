import type { Division } from "./divide-rows.ts";
import { divideRows } from "./divide-rows.ts";
import { partCodes } from "./schema.ts";

interface Fold {
  /** How many there are. */
  folds: number;
  /** Which one is held out, from 0 on. */
  fold: number;
  /** Share of what is not held out that goes to validation. */
  validation: number;
}

/**
 * Turns a split into that of one fold. Rows of train and validation are divided anew into folds of equal class shares: the one held out
 * becomes test, the rest train and validation. Rows of the real test part are not used, so that it stays untouched; all folds of a seed
 * together hold each other row exactly once.
 *
 * @param codes changed in place
 * @throws {InvalidSplit} if a class has fewer units than there are folds
 */
export function holdOutFold(codes: Uint8Array, { folds, fold, validation }: Fold, division: Division): void {
  const rows = [...codes.keys()].filter((row) => codes[row] === partCodes.train || codes[row] === partCodes.validation);
  const minimal = { ...division, minimumUnits: 1, known: undefined };
  const foldOf = new Uint8Array(codes.length);
  const equal = Array.from({ length: folds }, (_, code) => ({ name: `fold ${code}`, code, share: 1 / folds }));
  divideRows(rows, equal, foldOf, minimal);
  codes.fill(partCodes.unused);
  for (const row of rows) if (foldOf[row] === fold) codes[row] = partCodes.test;
  const parts = [
    { name: "train", code: partCodes.train, share: 1 - validation },
    { name: "validation", code: partCodes.validation, share: validation },
  ];
  const left = rows.filter((row) => foldOf[row] !== fold);
  divideRows(
    left,
    parts.filter(({ share }) => share > 0),
    codes,
    minimal,
  );
}

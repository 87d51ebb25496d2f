import { InvalidConfiguration } from "../errors.ts";
import { partCodes } from "../split/schema.ts";
import type { EncodeParameters, Encoder } from "./schema.ts";

/**
 * How labels become targets, and how many training rows each class has. `auto` is one number for two classes, else one-hot.
 *
 * @param labels class code of each row, -1 = none
 * @param codes part of each row
 * @throws {InvalidConfiguration} for `binary` with other than two classes
 */
export function fitEncoder(
  labels: Int32Array,
  codes: Uint8Array,
  classes: readonly string[],
  { encoding }: EncodeParameters,
): Encoder {
  if (encoding === "binary" && classes.length !== 2) {
    throw new InvalidConfiguration(`encode: binary needs two classes; received ${classes.length}. Use one-hot or auto`);
  }
  const trainCounts = classes.map(() => 0);
  for (let row = 0; row < labels.length; row++) {
    if (codes[row] === partCodes.train && labels[row]! >= 0) trainCounts[labels[row]!]! += 1;
  }
  const chosen = classes.length === 2 ? "binary" : "one-hot";
  return { formatVersion: 1, encoding: encoding === "auto" ? chosen : encoding, classes: [...classes], trainCounts };
}

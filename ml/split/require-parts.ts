import { InvalidConfiguration, InvalidSplit } from "../errors.ts";
import type { RunRecord } from "../run/schema.ts";
import { isBeyond } from "../stages.ts";

/**
 * What a run needs of the split before anything is trained: the source itself may have named the parts.
 * @param rows of each part, as the split's summary has them
 * @throws {InvalidSplit} where what is trained could not be tested in the end; {InvalidConfiguration} where its probabilities could not be corrected, or no
 *   threshold be found
 */
export function requireParts({ pipeline, trial, until }: RunRecord, rows: Readonly<Record<string, unknown>>): void {
  if (!trial && !isBeyond("evaluate", until) && rows["test"] === 0) {
    throw new InvalidSplit(
      "The test part has no rows, and this run is to test what it trains; give split.test a share, name given parts, or end with --until train",
    );
  }
  if (rows["validation"] !== 0) return;
  const { calibration, threshold } = pipeline.evaluate;
  if (calibration !== "none") throw withoutValidation("calibration", `${calibration} is fitted`);
  if (typeof threshold !== "number") throw withoutValidation("threshold", `${JSON.stringify(threshold)} is found`);
}

function withoutValidation(setting: string, what: string): InvalidConfiguration {
  return new InvalidConfiguration(
    `evaluate.${setting} ${what} on the validation part, and the source names no image for it: give split.validation more than 0, or leave ${setting} out`,
  );
}

import { InvalidConfiguration, InvalidSplit } from "../errors.ts";
import type { RunRecord } from "../run/schema.ts";
import { isBeyond } from "../stages.ts";

/**
 * What a run needs of the split before anything is trained: the source itself may have named the parts.
 * @param summary the split's: rows of each part, and which of two classes the validation part lacks
 * @throws {InvalidSplit} where what is trained could not be tested in the end; {InvalidConfiguration} where its probabilities could not be corrected, or no
 *   threshold be found
 */
export function requireParts({ pipeline, trial, until }: RunRecord, summary: Readonly<Record<string, unknown>>): void {
  if (!trial && !isBeyond("evaluate", until) && summary["test"] === 0) {
    throw new InvalidSplit(
      "The test part has no rows, and this run is to test what it trains; give split.test a share, name given parts, or end with --until train",
    );
  }
  const { calibration, threshold } = pipeline.evaluate;
  const { validation, validationLacks: lacking } = summary;
  if (typeof threshold !== "number" && typeof lacking === "string") {
    throw new InvalidConfiguration(
      `evaluate.threshold ${JSON.stringify(threshold)} is found on validation images of both classes, and none of them is of ${JSON.stringify(lacking)}: ` +
        "give split.validation a larger share, or leave threshold out",
    );
  }
  if (validation !== 0) return;
  if (calibration !== "none") throw withoutValidation("calibration", `${calibration} is fitted`);
  if (typeof threshold !== "number") throw withoutValidation("threshold", `${JSON.stringify(threshold)} is found`);
}

function withoutValidation(setting: string, what: string): InvalidConfiguration {
  return new InvalidConfiguration(
    `evaluate.${setting} ${what} on the validation part, and the source names no image for it: give split.validation more than 0, or leave ${setting} out`,
  );
}

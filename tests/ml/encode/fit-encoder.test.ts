import { describe, expect, test } from "vitest";

import { fitEncoder } from "../../../ml/encode/fit-encoder.ts";
import { InvalidConfiguration } from "../../../ml/errors.ts";

const labels = Int32Array.of(0, 1, 1, 0, -1, 1);
const codes = Uint8Array.of(0, 0, 2, 1, 0, 0);

describe("an encoder", () => {
  test("counts training rows only, and only those with a label", () => {
    expect(fitEncoder(labels, codes, ["cat", "dog"], { encoding: "one-hot" })).toEqual({
      formatVersion: 1,
      encoding: "one-hot",
      classes: ["cat", "dog"],
      trainCounts: [1, 2],
    });
  });

  test.each([
    { classes: ["cat", "dog"], encoding: "binary" },
    { classes: ["cat", "dog", "none"], encoding: "one-hot" },
  ])("left to choose takes $encoding for $classes", ({ classes, encoding }) => {
    expect(fitEncoder(labels, codes, classes, { encoding: "auto" }).encoding).toBe(encoding);
  });

  test("refuses one number for three classes", () => {
    expect(() => fitEncoder(labels, codes, ["a", "b", "c"], { encoding: "binary" })).toThrow(InvalidConfiguration);
  });
});

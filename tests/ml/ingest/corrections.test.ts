import { describe, expect, test } from "vitest";

import { applyCorrections, readCorrections } from "../../../ml/ingest/corrections.ts";

const table = (...lines: [string, string, string, string][]) => ({
  image: lines.map(([image]) => image),
  action: lines.map(([, action]) => action),
  label: lines.map(([, , label]) => label),
  reason: lines.map(([, , , reason]) => reason),
});
const samples = [
  { id: "cats/1.jpg", label: 0 },
  { id: "cats/2.jpg", label: 0 },
  { id: "dogs/1.jpg", label: 1 },
];

describe("a file of corrections", () => {
  test("excludes and relabels, each with a reason", () => {
    const lines = table(["cats/1.jpg", "exclude", "", "blurred"], ["cats/2.jpg", "relabel", "dogs", "is a dog"]);

    const corrected = applyCorrections(samples, ["cats", "dogs"], readCorrections(lines, "fixes.csv"));

    expect([...corrected.values()]).toEqual([
      { id: "cats/2.jpg", label: 1 },
      { id: "dogs/1.jpg", label: 1 },
    ]);
  });

  test("find names that end in a blank by what else they are, where no other is the same", () => {
    const blank = [
      { id: " a.jpg", label: 0 },
      { id: "b.jpg", label: 0 },
    ];
    const lines = [{ image: "a.jpg", action: "relabel", label: "dogs", reason: "x" }] as const;

    expect(applyCorrections(blank, ["cats", "dogs "], lines).get(" a.jpg")).toEqual({ id: " a.jpg", label: 1 });
    expect(() => applyCorrections(blank, ["cats", "dogs ", " dogs"], lines)).toThrow('the class "dogs"; the classes are cats');
  });

  test.each([
    [
      "an unknown action",
      table(["cats/1.jpg", "delete", "", "x"]),
      /fixes\.csv, line 2: action is exclude or relabel; received "delete"/,
    ],
    ["no reason", table(["cats/1.jpg", "exclude", "", " "]), /line 2: says no reason for "cats\/1\.jpg"/],
    ["no class to relabel as", table(["cats/1.jpg", "relabel", "", "x"]), /without saying as what/],
    ["no image", table(["", "exclude", "", "x"]), /line 2: names no image/],
    [
      "an image twice",
      table(["cats/1.jpg", "exclude", "", "x"], ["cats/1.jpg", "relabel", "dogs", "y"]),
      /line 3: "cats\/1\.jpg" was corrected in line 2 already/,
    ],
    [
      "other columns",
      { file: ["a"], action: ["exclude"] },
      /have the columns image, action, label, reason; .* without image, label, reason/,
    ],
  ])("with %s is refused", (_what, lines, message) => {
    expect(() => readCorrections(lines, "fixes.csv")).toThrow(message);
  });

  test.each([
    [
      "an image",
      table(["cats/9.jpg", "exclude", "", "x"]),
      /names 1 images that are not in the data: "cats\/9\.jpg"; it has "cats\/1\.jpg"/,
    ],
    ["a class", table(["cats/1.jpg", "relabel", "birds", "x"]), /the class "birds"; the classes are cats, dogs/],
  ])("naming %s that is not there is refused", (_what, lines, message) => {
    expect(() => applyCorrections(samples, ["cats", "dogs"], readCorrections(lines, "fixes.csv"))).toThrow(message);
  });
});

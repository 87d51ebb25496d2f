import { describe, expect, test } from "vitest";

import type { Samples } from "../../../ml/ingest/schema.ts";
import { findLeaks } from "../../../ml/split/find-leaks.ts";
import { knownParts } from "../../../ml/split/known-parts.ts";
import { partCodes, splitParametersSchema } from "../../../ml/split/schema.ts";
import { splitRows } from "../../../ml/split/split-rows.ts";

/** Three images a patient, patients of two classes in turn. */
function patients(from: number, to: number, imagesEach = 3): Samples {
  const rows = Array.from({ length: (to - from) * imagesEach }, (_, i) => from + Math.floor(i / imagesEach));
  return {
    id: rows.map((patient, i) => `${patient}-${i % imagesEach}`),
    label: Int32Array.from(rows, (patient) => patient % 2),
    part: rows.map(() => ""),
    group: rows.map((patient) => `patient ${patient}`),
    sha256: rows.map((patient, i) => `pixels of ${patient}-${i % imagesEach}`),
    columns: {},
  };
}

const settings = splitParametersSchema.parse({ test: 0.2, validation: 0.1 });
const split = (samples: Samples, known?: ReturnType<typeof knownParts>, seed = 1) =>
  splitRows(samples, ["a", "b"], settings, seed, known);
const partOfGroup = (samples: Samples, codes: Uint8Array) => new Map(samples.group.map((group, row) => [group, codes[row]!]));

describe("a split that extends an earlier one", () => {
  const before = patients(0, 200);
  const { codes } = split(before);
  const known = knownParts(before, codes);

  test("keeps every known group in its part when groups and images are added, whatever the seed", () => {
    const grown = patients(0, 300, 4);

    const after = split(grown, known, 99);

    const parts = partOfGroup(grown, after.codes);
    for (const [group, code] of partOfGroup(before, codes)) expect(parts.get(group), group).toBe(code);
    expect(findLeaks(grown, after.codes)).toEqual({ groups: 0, exactDuplicates: 0 });
    expect(after.moved).toBe(0);
  });

  test("fills the parts to their shares with what is new", () => {
    const grown = patients(0, 400);

    const after = split(grown, known);

    const share = (code: number) => after.codes.filter((value) => value === code).length / after.codes.length;
    expect(share(partCodes.test)).toBeCloseTo(0.2, 2);
    expect(share(partCodes.validation)).toBeCloseTo(0.08, 2);
  });

  test("never brings into test what training has seen, even where a new image joins a group of train with one of test", () => {
    const groupIn = (code: number) => before.group[codes.indexOf(code)]!;
    const [trained, tested] = [groupIn(partCodes.train), groupIn(partCodes.test)];
    const grown = patients(0, 200);
    const pixelsOf = (group: string) => grown.sha256[grown.group.indexOf(group)]!;
    // The same picture under both patients: the two are one unit now.
    grown.id.push("new-1", "new-2");
    grown.group.push(trained, tested);
    grown.sha256.push(pixelsOf(trained), pixelsOf(trained));
    grown.part.push("", "");
    grown.label = Int32Array.from([...grown.label, 0, 0]);

    const after = split(grown, known);

    expect(partOfGroup(grown, after.codes).get(tested)).toBe(partCodes.train);
    expect(after.moved).toBe(1);
    const seen = new Set(before.sha256.filter((_, row) => codes[row] === partCodes.train));
    expect(grown.sha256.some((pixels, row) => after.codes[row] === partCodes.test && seen.has(pixels))).toBe(false);
  });

  test("knows images again by their pixels where they were renamed and lost their group", () => {
    const renamed: Samples = { ...before, id: before.id.map((id) => `x/${id}`), group: before.group.map(() => "") };

    const after = split(renamed, known);

    expect(after.codes).toEqual(codes);
  });

  test("refuses a part that the earlier split had and this one has not", () => {
    const noValidation = splitParametersSchema.parse({ test: 0.2, validation: 0 });

    expect(() => splitRows(before, ["a", "b"], noValidation, 1, known)).toThrow(/validation.*split\.validation/);
  });

  test("refuses parts that the source gives", () => {
    const given = { ...before, part: before.group.map((_, row) => (row % 2 ? "train" : "test")) };

    expect(() => split(given, known)).toThrow(/split\.extends .* the source gives parts/);
  });
});

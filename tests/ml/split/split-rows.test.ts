import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { InvalidSplit } from "../../../ml/errors.ts";
import type { Samples } from "../../../ml/ingest/schema.ts";
import { findLeaks } from "../../../ml/split/find-leaks.ts";
import type { SplitParameters } from "../../../ml/split/schema.ts";
import { splitParametersSchema } from "../../../ml/split/schema.ts";
import { splitRows } from "../../../ml/split/split-rows.ts";
import { summarizeSplit } from "../../../ml/split/summarize-split.ts";

interface Row {
  id: string;
  label: number;
  part?: string;
  group?: string;
  sha256?: string;
}

function samplesOf(rows: readonly Row[]): Samples {
  return {
    id: rows.map(({ id }) => id),
    label: Int32Array.from(rows.map(({ label }) => label)),
    part: rows.map(({ part = "" }) => part),
    group: rows.map(({ group = "" }) => group),
    sha256: rows.map(({ id, sha256 = `pixels of ${id}` }) => sha256),
    columns: {},
  };
}

const classesOf = (rows: readonly Row[]) =>
  Array.from({ length: Math.max(...rows.map(({ label }) => label)) + 1 }, (_, i) => `class ${i}`);
const settings = (given: Partial<SplitParameters> = {}) => splitParametersSchema.parse(given);
const count = (codes: Uint8Array, code: number) => codes.filter((value) => value === code).length;

/** Rows of some classes, e.g. `rowsOf([100, 20])`. */
function rowsOf(perClass: readonly number[]): Row[] {
  return perClass.flatMap((size, label) => Array.from({ length: size }, (_, i) => ({ id: `${label}/${i}`, label })));
}

describe("a stratified split", () => {
  test("keeps every class's share in each part", () => {
    const rows = rowsOf([1000, 100, 50]);
    const { strategy, codes } = splitRows(samplesOf(rows), classesOf(rows), settings(), 1);

    const { parts } = summarizeSplit(samplesOf(rows), 3, codes, strategy);

    expect(strategy).toBe("stratified");
    expect(parts.train.perClass).toEqual([720, 72, 36]);
    expect(parts.validation.perClass).toEqual([80, 8, 4]);
    expect(parts.test.perClass).toEqual([200, 20, 10]);
  });

  test("loses no row and is the same whatever their order", () => {
    const order = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 15, max: 60 }), { minLength: 2, maxLength: 4 }),
        order,
        fc.nat(),
        (perClass, keys, seed) => {
          const rows = rowsOf(perClass);
          const shuffled = rows
            .map((row) => ({ row, key: keys.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ row }) => row);
          const partOf = (list: readonly Row[]) => {
            const { codes } = splitRows(samplesOf(list), classesOf(list), settings({ validation: 0.2 }), seed);
            return new Map(list.map(({ id }, row) => [id, codes[row]]));
          };

          const [parts, again] = [partOf(rows), partOf(shuffled)];

          expect([...parts.values()].every((code) => code === 0 || code === 1 || code === 2)).toBe(true);
          for (const { id } of rows) expect(again.get(id)).toBe(parts.get(id));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("differs from seed to seed", () => {
    const rows = rowsOf([200, 200]);
    const codes = [1, 2].map((seed) => splitRows(samplesOf(rows), classesOf(rows), settings(), seed).codes);

    expect(codes[0]).not.toEqual(codes[1]);
  });

  test("keeps identical images together", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 120, maxLength: 120 }), (copies) => {
        const rows = rowsOf([60, 60]).map((row, i) => ({ ...row, sha256: copies[i]! < 20 ? `${copies[i]}` : `own ${i}` }));
        const { codes } = splitRows(samplesOf(rows), classesOf(rows), settings({ validation: 0 }), 0);

        expect(findLeaks(samplesOf(rows), codes)).toEqual({ groups: 0, exactDuplicates: 0 });
      }),
      { numRuns: 30 },
    );
  });

  test("leaves rows without a label unused", () => {
    const rows = [...rowsOf([40, 40]), { id: "?", label: -1 }];

    expect(splitRows(samplesOf(rows), classesOf(rows), settings(), 0).codes.at(-1)).toBe(3);
  });

  test("refuses a class too rare to appear in every part, naming it", () => {
    const rows = rowsOf([100, 2]);

    expect(() => splitRows(samplesOf(rows), classesOf(rows), settings(), 0)).toThrow(
      /Class "class 1" is too rare for every part: validation needs at least 1 rows of it and gets 0; received 2 rows/,
    );
  });

  test("without a validation or test share fills the others", () => {
    const rows = rowsOf([50, 50]);
    const codesOf = (given: Partial<SplitParameters>) => splitRows(samplesOf(rows), classesOf(rows), settings(given), 0).codes;

    expect(count(codesOf({ validation: 0 }), 1)).toBe(0);
    expect(codesOf({ validation: 0, test: 0 })).toEqual(new Uint8Array(100));
  });
});

// Made by make-goldens.py beside it, with scikit-learn's StratifiedGroupKFold.
const goldens = JSON.parse(readFileSync(new URL("../../golden/split/goldens.json", import.meta.url), "utf8")) as {
  cases: { name: string; labels: number[]; groups: number[]; worstDeviation: number; worstSize: number }[];
};

describe("a split by group", () => {
  test.each(goldens.cases)("keeps class shares no worse than scikit-learn's StratifiedGroupKFold: $name", (golden) => {
    const rows = golden.labels.map((label, i) => ({ id: `${i}`, label, group: `g${golden.groups[i]}` }));
    const classes = classesOf(rows);
    const samples = samplesOf(rows);

    const { strategy, codes } = splitRows(samples, classes, settings({ validation: 0, minimumGroups: 2 }), 0);

    const { parts, leaks } = summarizeSplit(samples, classes.length, codes, strategy);
    const deviations = classes.map((_, label) => {
      const all = golden.labels.filter((other) => other === label).length;
      return Math.abs(parts.test.perClass[label]! / parts.test.rows - all / golden.labels.length);
    });
    expect(strategy).toBe("group");
    expect(leaks).toEqual({ groups: 0, exactDuplicates: 0 });
    expect(Math.max(...deviations)).toBeLessThanOrEqual(golden.worstDeviation + 1 / golden.labels.length);
    expect(Math.abs(parts.test.rows / golden.labels.length - 0.2)).toBeLessThanOrEqual(Math.max(golden.worstSize, 0.01));
  });

  test("joins groups that share an identical image", () => {
    const rows = rowsOf([80, 80]).map((row, i) => ({
      ...row,
      group: `g${i >> 1}`,
      sha256: i % 8 < 2 ? `shared ${i >> 4}` : `own ${i}`,
    }));
    const samples = samplesOf(rows);

    const { codes } = splitRows(samples, classesOf(rows), settings({ validation: 0, minimumGroups: 1 }), 0);

    expect(findLeaks(samples, codes)).toEqual({ groups: 0, exactDuplicates: 0 });
  });

  test("refuses a class with fewer groups in a part than asked for", () => {
    const rows = rowsOf([300, 30]).map((row, i) => ({ ...row, group: `g${Math.floor(i / 3)}` }));

    expect(() => splitRows(samplesOf(rows), classesOf(rows), settings({ validation: 0 }), 0)).toThrow(
      /"class 1" is too rare for every part: test needs at least 5 groups of it and gets 2; received 10 groups \(30 rows\)/,
    );
  });

  test("is refused where no row has a group", () => {
    const rows = rowsOf([9, 9]);

    expect(() => splitRows(samplesOf(rows), classesOf(rows), settings({ strategy: "group" }), 0)).toThrow(InvalidSplit);
  });
});

describe("given parts", () => {
  test("stay as they are, with validation cut out of train where there is none", () => {
    const rows = rowsOf([100, 100]).map((row, i) => ({ ...row, part: i % 4 === 0 ? "test" : "train" }));

    const { strategy, codes } = splitRows(samplesOf(rows), classesOf(rows), settings(), 0);

    expect(strategy).toBe("given");
    for (const [row, { part }] of rows.entries()) expect(codes[row] === 2).toBe(part === "test");
    expect([count(codes, 0), count(codes, 1)]).toEqual([136, 14]);
  });

  test("with a validation part are taken whole", () => {
    const rows = rowsOf([6, 6]).map((row, i) => ({ ...row, part: ["train", "validation", "test"][i % 3]! }));

    expect([...splitRows(samplesOf(rows), classesOf(rows), settings(), 0).codes]).toEqual(rows.map((_, i) => i % 3));
  });

  test("are refused where a row has none", () => {
    const rows = [...rowsOf([5, 5]).map((row, i) => ({ ...row, part: i % 2 ? "test" : "train" })), { id: "lost", label: 0 }];

    expect(() => splitRows(samplesOf(rows), classesOf(rows), settings(), 0)).toThrow(/says none for "lost"; received ""/);
  });

  test.each(["train", "test"])("are not taken where only %s is given", (part) => {
    const rows = rowsOf([50, 50]).map((row) => ({ ...row, part }));

    expect(splitRows(samplesOf(rows), classesOf(rows), settings(), 0).strategy).toBe("stratified");
  });

  test("are refused where asked for and nothing is left to train on", () => {
    const rows = rowsOf([5, 5]).map((row) => ({ ...row, part: "test" }));

    expect(() => splitRows(samplesOf(rows), classesOf(rows), settings({ strategy: "given" }), 0)).toThrow(
      /no row of the source is for training/,
    );
  });
});

import { describe, expect, test } from "vitest";

import type { Samples } from "../../../ml/ingest/schema.ts";
import { findLeaks } from "../../../ml/split/find-leaks.ts";
import { partCodes, splitParametersSchema } from "../../../ml/split/schema.ts";
import { splitRows } from "../../../ml/split/split-rows.ts";

const [folds, patients] = [5, 300];
const rows = Array.from({ length: patients }, (_, patient) => Array.from({ length: 1 + (patient % 4) }, () => patient)).flat();
const samples: Samples = {
  id: rows.map((_, row) => `image ${row}`),
  label: Int32Array.from(rows, (patient) => (patient % 10 === 0 ? 1 : 0)),
  part: rows.map(() => ""),
  group: rows.map((patient) => `patient ${patient}`),
  sha256: rows.map((_, row) => `pixels ${row}`),
  columns: {},
};
const split = (given: object) =>
  splitRows(samples, ["common", "rare"], splitParametersSchema.parse({ minimumGroups: 1, ...given }), 3).codes;
const rowsIn = (codes: Uint8Array, part: number) => [...codes.keys()].filter((row) => codes[row] === part);

describe("a fold", () => {
  const whole = split({ folds });
  const each = Array.from({ length: folds }, (_, fold) => split({ folds, fold }));

  test("is held out as test once, so that all together hold every row but those of the real test part exactly once", () => {
    const held = each.flatMap((codes) => rowsIn(codes, partCodes.test)).toSorted((a, b) => a - b);

    expect(held).toEqual([...rowsIn(whole, partCodes.train), ...rowsIn(whole, partCodes.validation)].toSorted((a, b) => a - b));
  });

  test("never touches the real test part, and parts no group", () => {
    const untouched = rowsIn(whole, partCodes.test);
    for (const codes of each) {
      expect(untouched.every((row) => codes[row] === partCodes.unused)).toBe(true);
      expect(findLeaks(samples, codes)).toEqual({ groups: 0, exactDuplicates: 0 });
      expect(rowsIn(codes, partCodes.validation).length).toBeGreaterThan(0);
    }
  });

  test("has its share of each class", () => {
    const rare = each.map((codes) => rowsIn(codes, partCodes.test).filter((row) => samples.label[row] === 1).length);

    expect(Math.max(...rare) - Math.min(...rare)).toBeLessThanOrEqual(3);
  });

  test("changes nothing of the split of the whole", () => {
    expect(whole).toEqual(split({}));
  });
});

test("folds that a class cannot fill are refused, naming it", () => {
  const few: Samples = { ...samples, label: Int32Array.from(rows, (patient) => (patient < 4 ? 1 : 0)) };
  const parameters = splitParametersSchema.parse({ minimumGroups: 1, test: 0, validation: 0, folds, fold: 0 });

  expect(() => splitRows(few, ["common", "rare"], parameters, 3)).toThrow(/Class "rare" is too rare.*fold/);
});

test("folds without a test part are refused before anything is trained", () => {
  expect(() => split({ folds, test: 0 })).toThrow(/on the test part, which has no rows; give split.test a share/);
});

test("a fold that is none of the folds is refused by the schema", () => {
  expect(() => splitParametersSchema.parse({ folds: 3, fold: 3 })).toThrow(/one of split.folds/);
  expect(() => splitParametersSchema.parse({ fold: 0 })).toThrow(/one of split.folds/);
});

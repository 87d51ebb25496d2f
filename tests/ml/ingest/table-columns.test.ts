import { expect, test } from "vitest";

import { typeColumns } from "../../../ml/ingest/table-columns.ts";

const typeOf = (...values: (string | number | null)[]) => typeColumns({ x: values })[0]!;

test.each([
  { what: "numbers, however written", values: ["1", "-2.5", "", "3e2", ".5"], type: "number", as: [1, -2.5, null, 300, 0.5] },
  { what: "numbers of which one is missing as NaN", values: [1.5, Number.NaN, 2], type: "number", as: [1.5, null, 2] },
  { what: "words", values: ["1", "two"], type: "string", as: ["1", "two"] },
  { what: "ids with leading zeros", values: ["007", "12"], type: "string", as: ["007", "12"] },
  {
    what: "whole numbers that float64 would make one",
    values: ["9007199254740992", "9007199254740993"],
    type: "string",
    as: ["9007199254740992", "9007199254740993"],
  },
  { what: "the largest that it holds", values: ["9007199254740991"], type: "number", as: [9007199254740991] },
  { what: "nothing", values: ["", null], type: "string", as: [null, null] },
])("a column of $what is of type $type", ({ values, type, as }) => {
  expect(typeOf(...values)).toEqual({ name: "x", type, values: as });
});

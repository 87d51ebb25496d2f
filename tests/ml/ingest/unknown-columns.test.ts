import { expect, test } from "vitest";

import { InvalidConfiguration } from "../../../ml/errors.ts";
import { refuseUnknownColumns } from "../../../ml/ingest/unknown-columns.ts";

const dataset = {
  columns: [
    { name: "age", type: "number" as const },
    { name: "sex", type: "string" as const },
  ],
};

test("takes columns that are there, and no wish at all", () => {
  expect(() => refuseUnknownColumns(["age", "sex"], dataset, "explore.by")).not.toThrow();
  expect(() => refuseUnknownColumns(undefined, dataset, "explore.by")).not.toThrow();
});

test("refuses a column that is not there, or was forbidden, naming those there are", () => {
  const refused = () => refuseUnknownColumns(["age", "dx_type"], dataset, "evaluate.slices");

  expect(refused).toThrow(InvalidConfiguration);
  expect(refused).toThrow('evaluate.slices: the data set has no column "dx_type"; it has age, sex.');
});

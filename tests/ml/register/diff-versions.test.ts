import { expect, test } from "vitest";

import { differences } from "../../../ml/differences.ts";

test("names what differs and what only one of the two has, by dotted name", () => {
  const a = { train: { epochs: 5, batchSize: 32 }, model: ["flatten"] };
  const b = { train: { epochs: 9, batchSize: 32 }, model: ["flatten", { dense: 3 }] };

  expect(differences(a, b)).toEqual([
    { key: "train.epochs", a: 5, b: 9 },
    { key: "model.1.dense", a: undefined, b: 3 },
  ]);
});

import { expect, test } from "vitest";

import { evaluationBatchSize } from "../../../ml/model/evaluation-batch-size.ts";

test.each([
  [28, 28, 1, 64],
  [75, 100, 3, 32],
  [224, 224, 3, 8],
  [2000, 2000, 3, 8],
])("images of %i × %i × %i are evaluated %i at a time", (height, width, channels, rows) => {
  expect(evaluationBatchSize({ height, width, channels })).toBe(rows);
});

import { expect, test } from "vitest";

import { stackMargin } from "../../../ml/ingest/stack-margin.ts";

test.each([
  { height: 150, reduced: 75, margin: { rows: 10, reducedRows: 5 } },
  { height: 60, reduced: 40, margin: { rows: 9, reducedRows: 6 } },
  { height: 90, reduced: 30, margin: { rows: 15, reducedRows: 5 } },
  { height: 32, reduced: 32, margin: { rows: 6, reducedRows: 6 } },
])("gives $height rows that become $reduced whole rows on each side", ({ height, reduced, margin }) => {
  expect(stackMargin(height, reduced)).toEqual(margin);
});

test.each([
  { what: "grows", height: 75, reduced: 100 },
  { what: "shrinks to a quarter", height: 300, reduced: 75 },
  { what: "shrinks by a ratio that is not exact in binary", height: 113, reduced: 75 },
])("gives none where an image $what", ({ height, reduced }) => {
  expect(stackMargin(height, reduced)).toBeNull();
});

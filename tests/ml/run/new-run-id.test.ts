import { expect, test } from "vitest";

import { newRunId } from "../../../ml/run/new-run-id.ts";

test("gives ids that sort by time and are short enough to type", () => {
  const times = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1000, Date.UTC(2027, 5, 1), Date.UTC(2053, 0, 1)];

  const ids = times.map((time) => newRunId(time, () => 0.999));

  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-z]{12}$/);
});

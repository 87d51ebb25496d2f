import { expect, test } from "vitest";

import type { RetrainFacts } from "../../../ml/retrain/decide-retraining.ts";
import { decideRetraining } from "../../../ml/retrain/decide-retraining.ts";
import { retrainParametersSchema } from "../../../ml/retrain/schema.ts";

const dayMs = 86_400_000;
const last = { runId: "before", scheduledAt: "2026-01-01T02:00:00Z", source: "a", ageMs: dayMs };
const same: RetrainFacts = { source: "a", drift: null, last };
const changed: RetrainFacts = { ...same, source: "b" };

test.each<[string, Parameters<typeof decideRetraining>[0], RetrainFacts, string, RegExp]>([
  ["always where nothing says when", undefined, same, "train", /each time/],
  ["the first time, whatever the conditions", { dataChanged: true }, { ...same, last: null }, "train", /first run/],
  ["when the data changed", { dataChanged: true }, changed, "train", /the data changed since run before/],
  ["not when it is the same", { dataChanged: true }, same, "skip", /is the same since run before .* nothing new/],
  ["when the last training is as old as said", { olderThan: "1d" }, same, "train", /older than 1d/],
  ["not when it is younger", { olderThan: "25h" }, same, "skip", /is the same/],
  ["when one of several conditions holds", { dataChanged: true, olderThan: "24h" }, same, "train", /older than 24h/],
  ["only after a measurement where drift decides and the data changed", { drift: 0.2 }, changed, "measure", /^$/],
  ["not, and measures nothing, where drift decides and the data is the same", { drift: 0.2 }, same, "skip", /is the same/],
  [
    "when the data drifted too far",
    { drift: 0.2 },
    { ...changed, drift: 0.21 },
    "train",
    /drifted by 0\.210 .* 0\.2 is accepted/,
  ],
  ["not when it changed, but drifted less", { drift: 0.2 }, { ...changed, drift: 0.2 }, "skip", /changed .* drifted by 0\.200/],
])("a scheduled run trains %s", (_, conditions, facts, answer, reason) => {
  const decision = decideRetraining(conditions, facts);

  expect(decision.answer).toBe(answer);
  expect(decision.reasons.join("; ")).toMatch(reason);
});

test("conditions of which none can hold are refused: they would never train again", () => {
  for (const conditions of [{}, { dataChanged: false }])
    expect(retrainParametersSchema.safeParse({ if: conditions }).success).toBe(false);
  expect(retrainParametersSchema.safeParse({ if: { dataChanged: false, olderThan: "30d" } }).success).toBe(true);
});

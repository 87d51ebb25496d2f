import { expect, test } from "vitest";

import { answersOneClass, collapsedSince } from "../../../ml/train/collapse.ts";

test("a network that answers every image with one class of several is seen, however sure it is", () => {
  const labels = Int32Array.of(0, 1, 2);
  const always = Float32Array.of(0.34, 0.33, 0.33, 0.9, 0.05, 0.05, 0.4, 0.3, 0.3);
  const mostly = Float32Array.of(0.34, 0.33, 0.33, 0.9, 0.05, 0.05, 0.3, 0.4, 0.3);

  expect(answersOneClass({ probabilities: always, labels })).toBe(true);
  expect(answersOneClass({ probabilities: mostly, labels })).toBe(false);
  expect(answersOneClass({ probabilities: always, labels: Int32Array.of(1, 1, 1) })).toBe(false);
});

test.each([
  { what: "never", answers: [false, false, false], since: null },
  { what: "in its last epoch only", answers: [false, false, true], since: null },
  { what: "in two epochs, but no longer", answers: [true, true, false], since: null },
  { what: "from the second epoch on", answers: [false, true, true], since: 2 },
  { what: "from the start", answers: [true, true, true], since: 1 },
  { what: "before its first epoch", answers: [], since: null },
])("a training that answered with one class $what", ({ answers, since }) => {
  const epochs = answers.map((one, i) => ({ epoch: i + 1, ...(one ? { oneClass: true as const } : {}) }));

  expect(collapsedSince(epochs)).toBe(since);
});

import { expect, test } from "vitest";

import { parseWhere } from "../../../ml/run/where.ts";

const run = {
  pipeline: "mnist",
  status: "done",
  startedAt: "2026-03-04T10:00:00.000Z",
  model: null,
  tags: { site: "B" },
  note: "With Augmentation",
  metrics: { test: { accuracy: 0.93 } },
  train: { epochs: 10, restoreBest: true },
};

test.each<[string, boolean]>([
  ["metrics.test.accuracy > 0.9 and pipeline = mnist", true],
  ["metrics.test.accuracy > 0.95 and pipeline = mnist", false],
  ["train.epochs >= 10", true],
  ["train.epochs < 9.5", false],
  ["train.restoreBest = true", true],
  ["pipeline != mnist", false],
  ["pipeline = 'mnist'", true],
  ["startedAt >= 2026-03-01 and startedAt < 2026-04-01", true],
  ["note ~ augment", true],
  ["tags.site = B", true],
  ["status=failed or status=done", true],
  // `and` binds closer than `or`, and parentheses closer than both.
  ["status = done or status = failed and pipeline = other", true],
  ["(status = done or status = failed) and pipeline = other", false],
  ["not pipeline = other and not (status = failed)", true],
  // Nothing is true of what is absent, except that it is.
  ["model = null", true],
  ["model != null", false],
  ["metrics.validation.accuracy < 1", false],
  ["not metrics.validation.accuracy < 1", true],
  ["tags.reviewed != yes", false],
])("%s is %s", (condition, expected) => {
  expect(parseWhere(condition)(run)).toBe(expected);
});

test.each([
  ["metrics.test.accuracy", "character 22: expected one of <= >= != == = < > ~; it ends"],
  ["pipeline = ", "character 12: expected a value; it ends"],
  ["(status = done", "character 15: expected `)`; it ends"],
  ["status = done pipeline = x", 'character 15: expected `and`, `or` or the end; received "pipeline"'],
  ["= 3", 'character 1: expected a field, like metrics.test.accuracy; received "="'],
  ['status = "done', 'character 9: cannot be read from " \\"done"'],
])("refuses %s, naming the place", (condition, problem) => {
  expect(() => parseWhere(condition)).toThrow(problem);
});

test("refuses a field that is not known, with what the caller says of it", () => {
  const isKnown = (name: string) => (name === "status" ? true : `there is no field ${name}`);

  expect(() => parseWhere("status = done and stats = done", isKnown)).toThrow("character 19: there is no field stats");
});

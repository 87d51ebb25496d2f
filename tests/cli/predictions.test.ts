import { expect, test } from "vitest";

import { predictionBytes, printPredictions } from "../../cli/predictions.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import { decodeTable } from "../../storage/tables.ts";
import { testTerminal } from "../support/run-command.ts";

const version = { name: "pets", version: 3, signature: { classes: ["cat", 'dog, "big"', "owl"] } } as ModelVersion;
const result = {
  predictions: [
    { path: "a.png", class: "cat", probability: 0.5, probabilities: Float32Array.of(0.5, 0.125, 0.375) },
    { path: "b,c.png", class: 'dog, "big"', probability: Math.fround(0.8), probabilities: Float32Array.of(0, 0.8, 0.2) },
  ],
  unreadable: [{ path: "d.png", reason: "is empty" }],
};
const text = (format: string) => Buffer.from(predictionBytes(format, version, result)).toString("utf8");

test("CSV quotes what needs it and keeps every digit of the float32", () => {
  expect(text("csv").split("\n")).toEqual([
    'path,class,probability,probability:cat,"probability:dog, ""big""",probability:owl',
    "a.png,cat,0.5,0.5,0.125,0.375",
    '"b,c.png","dog, ""big""",0.800000011920929,0,0.800000011920929,0.20000000298023224',
    "",
  ]);
});

test("JSON names the version that answered, and what could not be read", () => {
  expect(JSON.parse(text("json"))).toEqual({
    model: { name: "pets", version: 3 },
    predictions: [
      { path: "a.png", class: "cat", probability: 0.5, probabilities: { cat: 0.5, 'dog, "big"': 0.125, owl: 0.375 } },
      {
        path: "b,c.png",
        class: 'dog, "big"',
        probability: Math.fround(0.8),
        probabilities: { cat: 0, 'dog, "big"': Math.fround(0.8), owl: Math.fround(0.2) },
      },
    ],
    unreadable: [{ path: "d.png", reason: "is empty" }],
  });
});

test("parquet holds the same columns as CSV", async () => {
  const table = await decodeTable(predictionBytes("parquet", version, result), "predictions");

  expect(table).toEqual({
    path: ["a.png", "b,c.png"],
    class: ["cat", 'dog, "big"'],
    probability: [0.5, Math.fround(0.8)],
    "probability:cat": [0.5, 0],
    'probability:dog, "big"': [0.125, Math.fround(0.8)],
    "probability:owl": [0.375, Math.fround(0.2)],
  });
});

test("a table for programs has image, class, probability and the runners-up", async () => {
  const { stdout } = testTerminal();

  await printPredictions(stdout, "table", version, result);

  expect(stdout.text.split("\n")[0]).toBe('a.png\tcat\t0.5\towl=0.375,dog, "big"=0.125');
});

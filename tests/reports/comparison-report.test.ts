import { describe, expect, test } from "vitest";

import type { Evaluation } from "../../ml/evaluate/schema.ts";
import type { ComparableRun } from "../../ml/run/side-by-side.ts";
import { modelParametersSchema } from "../../ml/model/transfer/schema.ts";
import { sideBySide } from "../../ml/run/side-by-side.ts";
import { comparisonReport } from "../../reports/comparison-report.ts";
import { aDoneRecord, stagesWith } from "../support/fake-convoy.ts";
import { sampleEvaluation, sampleReport } from "./sample-evaluation.ts";

const ref = (letter: string) => ({ uri: `objects/${letter}`, sha256: letter.repeat(64), sizeBytes: 1, mediaType: "text/plain" });

interface Changes {
  epochs?: number;
  split?: string;
  test?: Partial<Evaluation>;
}

function run(runId: string, { epochs = 5, split = "b", test: changes = {} }: Changes = {}): ComparableRun {
  const { history } = sampleReport(["a", "b"]);
  const evaluation = { ...sampleEvaluation(["a", "b"]), ...changes };
  const record = aDoneRecord({
    runId,
    stages: stagesWith({ evaluate: { status: "ran", inputs: { dataset: ref("a"), split: ref(split) } } }),
  });
  const { pipeline } = record;
  const { train, trainEval } = { train: { loss: 0.1, accuracy: 0.9 }, trainEval: { loss: 0.1, accuracy: 0.9 } };
  return {
    record: { ...record, pipeline: { ...pipeline, train: { ...pipeline.train, epochs } } },
    metrics: { formatVersion: 1, train, trainEval, validation: null, test: evaluation },
    history,
  };
}

describe("runs side by side", () => {
  test("have each metric with its interval, and only the settings in which they differ", () => {
    const compared = sideBySide([
      run("run-a", { test: { accuracy: 0.8, intervals: { accuracy: [0.7, 0.9] } } }),
      run("run-b", { epochs: 9, test: { accuracy: 0.85, auc: null, intervals: {} } }),
    ]);

    expect(compared.metrics.find(({ name }) => name === "test.accuracy")?.values).toEqual([
      { value: 0.8, interval: [0.7, 0.9] },
      { value: 0.85, interval: null },
    ]);
    expect(compared.metrics.find(({ name }) => name === "test.auc")?.values[1]).toBeNull();
    expect(compared.metrics.some(({ name }) => name.startsWith("validation"))).toBe(false);
    expect(compared.settings).toEqual([{ key: "train.epochs", values: [5, 9] }]);
  });

  test("name the leaves of settings that only one of them has", () => {
    const [plain, deep] = [run("run-a"), run("run-b")];
    deep.record.pipeline = { ...deep.record.pipeline, model: modelParametersSchema.parse([{ dense: 3, activation: "relu" }]) };

    const { settings } = sideBySide([plain, deep]);

    expect(settings).toContainEqual({ key: "model.0", values: ["flatten", undefined] });
    expect(settings).toContainEqual({ key: "model.0.dense", values: [undefined, 3] });
  });

  test("know whether they were tested on the same images", () => {
    const compared = sideBySide([run("run-a"), run("run-b")]);

    expect(compared.isSameTest).toBe(true);
  });

  test("say where they were tested on different images, or one has not come so far", () => {
    const stopped: ComparableRun = { record: aDoneRecord({ runId: "run-c", status: "cancelled" }), metrics: null, history: null };

    expect(sideBySide([run("run-a"), run("run-b", { split: "c" })]).isSameTest).toBe(false);
    expect(sideBySide([run("run-a"), stopped])).toMatchObject({
      isSameTest: false,
      runs: [{}, { status: "cancelled", epochs: [] }],
    });
  });
});

test("the page draws a line a run, warns of different test parts, and holds no script", () => {
  const html = comparisonReport(sideBySide([run("run-a"), run("run-b", { split: "c" }), run("run-c")]));

  expect(html).toContain("Not one test part.");
  expect(html).toContain("Training loss");
  expect([...html.matchAll(/<path class="line/g)].length % 3).toBe(0);
  expect(html).not.toMatch(/<script/i);
  expect(comparisonReport(sideBySide([run("run-a"), run("run-b")]))).not.toContain("Not one test part.");
});

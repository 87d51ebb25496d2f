import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { compareRuns } from "../../client/compare-runs.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { RunRecord, StageRecord } from "../../ml/run/schema.ts";
import type { Stage } from "../../ml/stages.ts";
import type { Store } from "../../storage/open-store.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { encodeTable } from "../../storage/tables.ts";
import { aRecord, stagesWith } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-compare-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  store = memoryStore(folder);
});

const json = (value: unknown) => store.artifacts.putJson(value);
const bytes = (values: Float32Array) => store.artifacts.put(new Uint8Array(values.buffer), mediaTypes.bytes);
const npy = (data: Uint8Array) =>
  store.artifacts.put(encodeNpy({ dtype: "uint8", shape: [data.length / 2, 2], data }), mediaTypes.npy);
const predictions = (values: number[]) =>
  store.artifacts.put(
    encodeTable([
      { name: "row", type: "int32", values: Int32Array.from(values, (_, row) => row) },
      { name: "probability:cat", type: "double", values },
    ]),
    mediaTypes.parquet,
  );
const model = () =>
  json({
    formatVersion: 1,
    input: { height: 1, width: 2, channels: 1, dtype: "uint8" },
    layers: ["flatten"],
    head: "softmax",
    outputs: 2,
    classes: ["cat", "dog"],
    weights: [
      { name: "dense/kernel", shape: [2, 2], trainable: true },
      { name: "dense/bias", shape: [2], trainable: true },
    ],
    evaluationBatchSize: 4,
    summary: { layers: [], parameterCount: 6, trainableCount: 6, nonTrainableCount: 0 },
  });
const history = (cpu: string, loss = 0.5) =>
  json({
    formatVersion: 1,
    epochs: [{ epoch: 1, train: { loss, accuracy: 0.9 }, validation: null, learningRate: 0.1 }],
    bestEpoch: 1,
    stoppedEarly: false,
    engine: "graph",
    trainEval: { loss, accuracy: 0.9 },
    environment: { cpu, tensorflow: "2.21.0" },
  });

function run(stages: Partial<Record<Stage, Record<string, ArtifactRef>>>, changes: Partial<RunRecord> = {}): RunRecord {
  const ran = (outputs: Record<string, ArtifactRef>): Partial<StageRecord> => ({
    status: "ran",
    key: "k",
    entry: "e",
    codeHash: "c",
    environment: { node: "v20" },
    outputs,
  });
  const records = Object.entries(stages).map(([name, outputs]) => [name, ran(outputs)]);
  return aRecord({ status: "done", stages: stagesWith(Object.fromEntries(records)), ...changes });
}
const verdictOn = async (stage: Stage, before: RunRecord, after: RunRecord) =>
  (await compareRuns(store.artifacts, before, after)).results.stages.find((found) => found.stage === stage);

describe("results of two runs", () => {
  test("are bit-identical where only the page and the machine that trained differ, and the machine is told apart", async () => {
    const page = (id: string) => store.artifacts.put(Buffer.from(`<p>run ${id}`), mediaTypes.html);
    const outputs = { model: await model(), weights: await bytes(Float32Array.of(1, 2, 3, 4, 5, 6)) };
    const before = run({ train: { ...outputs, history: await history("x64 A") }, explore: { report: await page("one") } });
    const after = run({ train: { ...outputs, history: await history("x64 B") }, explore: { report: await page("two") } });

    const { results, environment } = await compareRuns(store.artifacts, before, after);

    expect(results.verdict).toBe("bitIdentical");
    expect(environment).toEqual([{ key: "training.cpu", a: "x64 A", b: "x64 B" }]);
  });

  test("are within tolerance by the weight that is furthest off, named by tensor and place", async () => {
    const before = run({ train: { model: await model(), weights: await bytes(Float32Array.of(1, 2, 3, 4, 5, 6)) } });
    const after = run({ train: { model: await model(), weights: await bytes(Float32Array.of(1, 2, 3.0015, 4, 5, 6.0001)) } });

    const verdict = await verdictOn("train", before, after);

    expect(verdict).toMatchObject({
      verdict: "withinTolerance",
      differences: [{ output: "weights", values: 6, differing: 2, worst: { where: "dense/kernel[1, 0]", expected: 3 } }],
    });
    expect(verdict?.differences[0]?.worst?.share).toBeCloseTo(0.0015 / 0.00301, 3);
  });

  test("have diverged where one pixel of a data set differs, followed through what the data set refers to", async () => {
    const dataset = async (pixel: number) =>
      json({ rowCount: 2, shards: [{ ref: await npy(Uint8Array.of(1, 2, 3, pixel)), rows: 2 }] });

    const verdict = await verdictOn(
      "ingest",
      run({ ingest: { dataset: await dataset(4) } }),
      run({ ingest: { dataset: await dataset(5) } }),
    );

    expect(verdict).toMatchObject({
      verdict: "diverged",
      differences: [{ output: "dataset", differing: 1, worst: { where: "dataset.shards.0.ref[1, 1]", expected: 4, found: 5 } }],
    });
  });

  test("of evaluation are judged by every prediction and by the figures, not by lists that follow from them", async () => {
    const metrics = (accuracy: number, worst: number) =>
      json({
        formatVersion: 1,
        train: { loss: 0.5, accuracy },
        test: { accuracy, worstMistakes: [{ row: worst }] },
        validation: null,
      });
    const before = run({ evaluate: { metrics: await metrics(0.9, 1), predictions: await predictions([0.25, 0.75]) } });
    const close = run({ evaluate: { metrics: await metrics(0.9, 2), predictions: await predictions([0.25, 0.7501]) } });
    const far = run({ evaluate: { metrics: await metrics(0.8, 1), predictions: await predictions([0.25, 0.2]) } });

    expect(await verdictOn("evaluate", before, close)).toMatchObject({
      verdict: "withinTolerance",
      differences: [{ output: "predictions", worst: { where: "predictions.probability:cat[1]" } }],
    });
    expect(await verdictOn("evaluate", before, far)).toMatchObject({ verdict: "diverged" });
  });

  test("have diverged where the bytes of one are gone: nobody can say how far", async () => {
    const [before, after] = [run({ check: { report: await json({ a: 1 }) } }), run({ check: { report: await json({ a: 2 }) } })];
    await store.objects.delete([before.stages[1]?.outputs["report"]?.uri ?? ""]);

    expect(await verdictOn("check", before, after)).toMatchObject({
      verdict: "diverged",
      differences: [
        { output: "report", worst: { expected: expect.stringContaining("gone from the store") as string, share: null } },
      ],
    });
  });
});

test("two runs differ in parameters by dotted name, in files by path and hash, in metrics by how much, in code by stage", async () => {
  const source = (files: Record<string, string>) =>
    json({ formatVersion: 1, files: Object.entries(files).map(([path, sha256]) => ({ path, sizeBytes: 1, sha256 })) });
  const test8 = (accuracy: number) => ({ test: { accuracy } });
  const before = run({ evaluate: {} }, { source: await source({ a: "1", b: "2", c: "3" }), runId: "before" });
  const after = run({ evaluate: {} }, { source: await source({ a: "1", b: "9", d: "4" }), runId: "after", buildId: "other" });
  Object.assign(before.stages[8] ?? {}, { summary: test8(0.75) });
  Object.assign(after.stages[8] ?? {}, { summary: test8(0.5), codeHash: "other" });
  after.pipeline = { ...after.pipeline, seed: 8, train: { ...after.pipeline.train, epochs: 11 } };

  expect(await compareRuns(store.artifacts, before, after)).toMatchObject({
    runs: ["before", "after"],
    parameters: [
      { key: "seed", a: 7, b: 8 },
      { key: "train.epochs", a: 10, b: 11 },
    ],
    data: { isSame: false, files: { added: ["d"], removed: ["c"], changed: ["b"] } },
    code: { builds: ["0123456789ab", "other"], stages: ["evaluate"], packages: null },
    metrics: [{ name: "test.accuracy", a: 0.75, b: 0.5, delta: -0.25 }],
    environment: [],
  });
});

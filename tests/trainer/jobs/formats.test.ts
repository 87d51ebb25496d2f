import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { evaluateParametersSchema } from "../../../ml/evaluate/schema.ts";
import { pipelineSchema } from "../../../ml/pipeline.ts";
import { modelFormats } from "../../../ml/register/schema.ts";
import type { TrainJob, VerifyJob } from "../../../ml/train/trainer-messages.ts";
import type { ArtifactStore } from "../../../storage/artifact-store.ts";
import { readImages } from "../../../storage/dataset-images.ts";
import { storeBase } from "../../../storage/store-base.ts";
import { readTable } from "../../../storage/tables.ts";
import type { TrainerContext } from "../../../trainer/context.ts";
import { evaluate } from "../../../trainer/jobs/evaluate.ts";
import { storeWhitening } from "../../../storage/whitening.ts";
import { exportFormats } from "../../../trainer/jobs/export-formats.ts";
import { openAnsweringModel } from "../../../trainer/jobs/predict.ts";
import { train } from "../../../trainer/jobs/train.ts";
import { verifyFormats } from "../../../trainer/jobs/verify-formats.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { smallTrainJob, storeSmallDataset } from "../../support/small-dataset.ts";
import type { TestTrainer } from "../../support/test-trainer.ts";
import { testTrainer } from "../../support/test-trainer.ts";

let trainer: TestTrainer;
let artifacts: ArtifactStore;
let context: TrainerContext;

beforeAll(async () => {
  await loadTestTensorflow();
  trainer = await testTrainer();
  artifacts = trainer.artifacts;
  context = trainer.context();
});
afterAll(() => trainer.close());

interface ExportChange {
  normalizer?: object;
  calibration?: string;
  classWeights?: TrainJob["train"]["classWeights"];
}

/** Trains and evaluates a network, and writes it in all formats. */
async function exported(
  model: readonly unknown[],
  { normalizer = {}, calibration = "none", classWeights = "none" }: ExportChange = {},
): Promise<VerifyJob & { left: { format: string; reason: string }[] }> {
  const stored = await storeSmallDataset(artifacts);
  const data = { ...stored, normalizer: { ...stored.normalizer, ...normalizer } };
  const job = smallTrainJob(data, { runId: JSON.stringify(model), model, train: { epochs: 2, engine: "auto" } });
  const { weights } = await train(job, context);
  const { train: _train, augmentation: _augmentation, ...basis } = job;
  const { predictions, test: tested } = await evaluate(
    { ...basis, kind: "evaluate", weights, classWeights, evaluate: evaluateParametersSchema.parse({ calibration }) },
    context,
  );
  const correction = tested.corrected ? { calibration: tested.corrected.by } : {};
  const exportJob = { ...basis, kind: "export" as const, weights, ...correction, formats: [...modelFormats] };
  const { files, left } = await exportFormats(exportJob, context);
  const again = await exportFormats(exportJob, context);
  expect(again.files).toEqual(files);
  return { ...basis, kind: "verify", weights, predictions, files, left };
}

test("a tfjs layers model and a SavedModel answer as the evaluation did, and equal models are equal bytes", async () => {
  const { left, ...job } = await exported(
    [
      { conv: 4, batchNorm: true },
      { pool: "max", dropout: 0.3 },
      { dense: 8, dropout: 0.2 },
    ],
    { normalizer: { method: "channel", offset: [110], scale: [1 / 60] } },
  );

  const { images, distances } = await verifyFormats(job, context);

  expect(left).toEqual([]);
  expect(images).toBe(16);
  expect(Object.keys(distances)).toEqual(["layersModel", "savedModel"]);
  for (const distance of Object.values(distances)) expect(distance).toBeLessThan(1e-6);
});

test.each(["temperature", "prior"])("files of others correct probabilities by %s as the evaluation did", async (calibration) => {
  const classWeights = { "band 0": 8, "band 1": 0.1 };

  const { left: _left, ...job } = await exported(["flatten"], { calibration, classWeights });

  const { distances } = await verifyFormats(job, context);
  expect(job.files["layersWeights"]!.sizeBytes).toBe(job.weights.sizeBytes + 4 * (4 * 4 + 4));
  for (const distance of Object.values(distances)) expect(distance).toBeLessThan(1e-6);
});

test("files of others answer as the evaluation did where images are whitened", async () => {
  const matrix = Float32Array.from({ length: 64 ** 2 }, (_, i) => (i % 65 === 0 ? 1 : Math.sin(i) / 64));
  const whitening = await storeWhitening(matrix, artifacts);

  const { left, ...job } = await exported(["flatten"], { normalizer: { method: "zca", offset: [110], whitening } });

  const { distances } = await verifyFormats(job, context);
  expect(left).toEqual([]);
  for (const distance of Object.values(distances)) expect(distance).toBeLessThan(1e-6);
});

test("a file that was altered answers otherwise, and that is seen", async () => {
  const { left: _left, ...job } = await exported(["flatten", { dense: 8 }]);
  const weights = Float32Array.from(
    new Float32Array(Uint8Array.from(await artifacts.get(job.weights)).buffer),
    (value) => value + 0.1,
  );
  const layersWeights = await artifacts.put(new Uint8Array(weights.buffer), "application/octet-stream");

  const { distances } = await verifyFormats({ ...job, files: { ...job.files, layersWeights } }, context);

  expect(distances["layersModel"]).toBeGreaterThan(1e-3);
  expect(distances["savedModel"]).toBeLessThan(1e-6);
});

test("a file with a layer that tfjs does not know is told apart from one that answers otherwise", async () => {
  const { left: _left, ...job } = await exported(["flatten", { dense: 8 }]);
  const text = Buffer.from(await artifacts.get(job.files["layersModel"]!)).toString("utf8");
  const layersModel = await artifacts.put(Buffer.from(text.replace('"Flatten"', '"OwnFlatten"')), "application/json");

  const { distances, unloadable } = await verifyFormats({ ...job, files: { ...job.files, layersModel } }, context);

  expect(unloadable["layersModel"]).toMatch(/Unknown layer: OwnFlatten/);
  expect(Object.keys(distances)).toEqual(["savedModel"]);
});

test("an exported SavedModel is a base for another model, which is evaluated and answers alike, and is kept in convoy's own form", async () => {
  const { files, dataset } = await exported(["flatten", { dense: 8 }]);
  const folder = await mkdtemp(join(tmpdir(), "convoy-extractor-"));
  await writeFile(join(folder, "saved_model.pb"), await artifacts.get(files["savedModel"]!));
  const transfer = { base: "saved_model.pb", until: "logits", layers: [{ dense: 8 }] };
  const pipeline = pipelineSchema.parse({ name: "on-another", dataset: { path: "x" }, model: transfer });
  const { model } = await storeBase(pipeline, folder, { artifacts, objects: context.objects });
  await rm(folder, { recursive: true });
  const stored = await storeSmallDataset(artifacts);
  const data = { ...stored, augmentation: { ...stored.augmentation, enabled: false } };
  const job = smallTrainJob(data, { model, runId: "on-another", train: { epochs: 2 } });
  const { train: _train, augmentation: _augmentation, ...basis } = job;

  const { weights } = await train(job, context);
  const { predictions, activationMaps } = await evaluate(
    { ...basis, kind: "evaluate", weights, classWeights: "none", evaluate: evaluateParametersSchema.parse({}) },
    context,
  );
  const { left } = await exportFormats({ ...basis, kind: "export", weights, formats: [...modelFormats] }, context);

  const table = await readTable(await artifacts.localPath(predictions));
  const rows = table["row"]!.map(Number);
  const pixels = await readImages(dataset, artifacts, rows);
  const input = { height: 8, width: 8, channels: 1, dtype: "uint8" as const };
  const { normalizer, encoder } = basis;
  const kept = { kind: "predict" as const, input, model, normalizer, encoder, weights, batchSize: 64 };
  const answering = await openAnsweringModel(kept, context);
  const answers = await answering.probabilities(Buffer.concat(rows.map((row) => pixels.get(row) as Uint8Array)), rows.length);
  answering.dispose();
  expect([...answers]).toEqual(rows.flatMap((_, i) => dataset.classes.map((name) => table[`probability:${name}`]![i])));
  expect(activationMaps).toBeNull();
  const reason = "its base saved_model.pb is a SavedModel, which stays a file of its own";
  expect(left).toEqual(modelFormats.map((format) => ({ format, reason })));
});

test("a format that has no such layer is left, with the reason", async () => {
  const { files, left } = await exported([{ conv: 4 }, { pool: "sum" }]);

  expect(left).toEqual([{ format: "tfjs", reason: "tfjs has no layer SumPooling2D" }]);
  expect(Object.keys(files)).toEqual(["savedModel"]);
});

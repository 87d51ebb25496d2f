import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { metricsSchema } from "../ml/evaluate/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { historySchema } from "../ml/train/schema.ts";
import { modelCard } from "../reports/model-card.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readSplit } from "../storage/read-split.ts";
import { withoutSecrets } from "../storage/secrets.ts";
import { testSetHash } from "../storage/test-sets.ts";
import { readSamples } from "../storage/tables.ts";
import { datasetFacts } from "./dataset-facts.ts";
import { slicesOf } from "./slices-of.ts";

export interface ModelCardTask {
  name: string;
  runId: string;
  seed: number;
  /** Null where the run's record is not there yet. */
  pipeline: Pipeline | null;
  inputs: Record<"dataset" | "split" | "model" | "history" | "metrics" | "predictions", ArtifactRef>;
  /** sha256 of everything it was made from. */
  lineage: Readonly<Record<string, string>>;
  /** How many runs were tested on a test part, by its hash. */
  usesOf: (testSet: string) => Promise<number>;
}

/** Stores a model's card, as Markdown and as a page. */
export async function storeModelCard(
  { name, runId, seed, pipeline, inputs, lineage, usesOf }: ModelCardTask,
  artifacts: ArtifactStore,
): Promise<{ card: ArtifactRef; cardPage: ArtifactRef }> {
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const [samples, codes, model, history, metrics] = await Promise.all([
    artifacts.localPath(dataset.samples).then((path) => readSamples(path, dataset)),
    readSplit(artifacts, inputs.split, dataset),
    artifacts.getJson(inputs.model, modelFileSchema),
    artifacts.getJson(inputs.history, historySchema),
    artifacts.getJson(inputs.metrics, metricsSchema),
  ]);
  const testSet = testSetHash(samples, codes);
  const path = pipeline?.dataset.path;
  const identity = { name: path === undefined ? "data set" : [path].flat().join(", "), sha256: inputs.dataset.sha256 };
  const { markdown, html } = modelCard({
    name,
    runId,
    pipelineName: pipeline?.name ?? name,
    seed,
    environment: history.environment,
    evaluation: metrics.test,
    history,
    slices: await slicesOf({ dataset, samples, predictions: inputs.predictions, slices: pipeline?.evaluate.slices }, artifacts),
    lineage,
    dataset: { ...datasetFacts(dataset, samples, codes, identity), testSet: { sha256: testSet, uses: await usesOf(testSet) } },
    modelSummary: model.summary,
    training: pipeline ? trainingFacts(pipeline) : {},
  });
  return {
    card: await artifacts.put(Buffer.from(withoutSecrets(markdown)), mediaTypes.markdown),
    cardPage: await artifacts.put(Buffer.from(withoutSecrets(html)), mediaTypes.html),
  };
}

function trainingFacts({ train, normalize, augment }: Pipeline): Record<string, string> {
  const { name, learningRate } = train.optimizer;
  const drawn = Object.entries(augment).filter(([setting, value]) => value !== 0 && value !== "none" && setting !== "fillMode");
  return {
    Optimizer: learningRate === undefined ? name : `${name}, learning rate ${learningRate}`,
    "Batch size": String(train.batchSize),
    "Class weights": typeof train.classWeights === "string" ? train.classWeights : JSON.stringify(train.classWeights),
    Normalization: normalize.method,
    Augmentation: drawn.map(([setting, value]) => `${setting} ${String(value)}`).join(", ") || "none",
  };
}

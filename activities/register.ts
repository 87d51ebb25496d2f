import type { ArtifactRef } from "../ml/artifact.ts";
import { encoderSchema } from "../ml/encode/schema.ts";
import { metricsSchema } from "../ml/evaluate/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { evaluationBatchSize } from "../ml/model/evaluation-batch-size.ts";
import type { RegisterParameters, Signature } from "../ml/register/schema.ts";
import { TestSets } from "../storage/test-sets.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import type { Store } from "../storage/open-store.ts";
import { storeModelCard } from "./model-card-files.ts";
import { makeFormats } from "./model-formats.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

interface RegisterInputs extends Record<string, ArtifactRef> {
  dataset: ArtifactRef;
  split: ArtifactRef;
  normalizer: ArtifactRef;
  encoder: ArtifactRef;
  model: ArtifactRef;
  weights: ArtifactRef;
  history: ArtifactRef;
  metrics: ArtifactRef;
  predictions: ArtifactRef;
}

export interface RegisterTask {
  name: string;
  licence: string | null;
  formats: RegisterParameters["formats"];
  /** How ingest brings image files to their shape; recorded, so that prediction does the same. */
  preprocessing: NonNullable<Signature["preprocessing"]>;
}

/**
 * Publishes a version: signature, files by hash, in other formats too, metrics, lineage. The same content again is the same version. A retry
 * does all of it again; what is equal is stored once.
 */
export function createRegister(store: Store, trainer: TrainerSettings) {
  const registry = new ModelRegistry(store.objects);
  const testSets = new TestSets(store.objects);

  return async function register(
    task: StageTask<RegisterTask, RegisterInputs>,
    context: StageContext,
  ): Promise<StageResult<{ version: ArtifactRef }>> {
    const { inputs, parameters, seed } = task;
    const { artifacts, runId, log } = context;
    const [dataset, encoder, { test }] = await Promise.all([
      artifacts.getJson(inputs.dataset, datasetSchema),
      artifacts.getJson(inputs.encoder, encoderSchema),
      artifacts.getJson(inputs.metrics, metricsSchema),
    ]);
    const record = await store.runs.find(runId);
    const lineage = {
      ...Object.fromEntries(Object.entries(inputs).map(([name, ref]) => [name, ref.sha256])),
      ...(record ? { source: record.source.sha256 } : {}),
    };
    const usesOf = (sha256: string) => testSets.uses(sha256);
    const card = { name: parameters.name, runId, seed, pipeline: record?.pipeline ?? null, inputs, lineage, usesOf };
    const cards = await storeModelCard(card, artifacts);
    const { formats } = parameters;
    const calibration = test.corrected?.by;
    const others = await makeFormats({ formats, inputs, calibration, seed }, { objects: store.objects, trainer }, context);
    const version = await registry.publish({
      name: parameters.name,
      runId,
      createdAt: new Date().toISOString(),
      signature: {
        input: { shape: [dataset.height, dataset.width, dataset.channels], dtype: dataset.dtype, channels: dataset.channels },
        preprocessing: parameters.preprocessing,
        normalizer: inputs.normalizer,
        classes: encoder.classes,
        output: encoder.encoding === "binary" ? "sigmoid" : "softmax",
        ...(calibration ? { calibration } : {}),
        threshold: test.threshold,
        batchSize: evaluationBatchSize(dataset),
      },
      files: { model: inputs.model, weights: inputs.weights, normalizer: inputs.normalizer, encoder: inputs.encoder, ...others },
      metrics: {
        accuracy: test.accuracy,
        balancedAccuracy: test.balancedAccuracy,
        macroF1: test.macroF1,
        auc: test.auc,
        loss: test.loss,
      },
      lineage: {
        ...lineage,
        ...(parameters.licence === null ? {} : { licence: parameters.licence }),
      },
      evidence: { predictions: inputs.predictions, metrics: inputs.metrics, history: inputs.history, ...cards },
    });
    log.info({ model: version.name, version: version.version }, "model version published");
    return {
      outputs: { version: await artifacts.putJson(version) },
      summary: { model: version.name, version: version.version, contentHash: version.contentHash },
    };
  };
}

import type { ArtifactRef } from "../ml/artifact.ts";
import { encoderSchema } from "../ml/encode/schema.ts";
import { metricsSchema } from "../ml/evaluate/schema.ts";
import type { IngestParameters } from "../ml/ingest/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { evaluationBatchSize } from "../ml/model/evaluation-batch-size.ts";
import type { PairedAnswers } from "../ml/register/promotion.ts";
import { decidePromotion } from "../ml/register/promotion.ts";
import type { ModelVersion, RegisterParameters } from "../ml/register/schema.ts";
import { modelVersionSchema } from "../ml/register/schema.ts";
import { randomStream } from "../ml/random.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import type { Store } from "../storage/open-store.ts";
import { readTable } from "../storage/tables.ts";
import { storeModelCard } from "./model-card-files.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

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
  /** How ingest brings image files to their shape; recorded, so that prediction does the same. */
  preprocessing: Pick<IngestParameters, "resize" | "kernel">;
}

/** Publishes a version: signature, files by hash, metrics, lineage. The same content again is the same version. */
export function createRegister(store: Store) {
  const registry = new ModelRegistry(store.objects);

  return async function register(
    task: StageTask<RegisterTask, RegisterInputs>,
    { artifacts, runId, log }: StageContext,
  ): Promise<StageResult<{ version: ArtifactRef }>> {
    const { inputs, parameters, seed } = task;
    const [dataset, encoder, { test }] = await Promise.all([
      artifacts.getJson(inputs.dataset, datasetSchema),
      artifacts.getJson(inputs.encoder, encoderSchema),
      artifacts.getJson(inputs.metrics, metricsSchema),
    ]);
    const record = await store.runs.find(runId);
    const card = { name: parameters.name, runId, seed, pipeline: record?.pipeline ?? null, inputs };
    const cards = await storeModelCard(card, artifacts);
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
        threshold: test.threshold,
        batchSize: evaluationBatchSize(dataset),
      },
      files: { model: inputs.model, weights: inputs.weights, normalizer: inputs.normalizer, encoder: inputs.encoder },
      metrics: {
        accuracy: test.accuracy,
        balancedAccuracy: test.balancedAccuracy,
        macroF1: test.macroF1,
        auc: test.auc,
        loss: test.loss,
      },
      lineage: {
        ...Object.fromEntries(Object.entries(inputs).map(([name, ref]) => [name, ref.sha256])),
        ...(record ? { source: record.source.sha256 } : {}),
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

export interface PromoteCall {
  version: ArtifactRef;
  policy: Omit<RegisterParameters, "name">;
  runId: string;
}

/** Decides, anew each time, whether a version takes over its alias, and moves it. Never cached: the holder may have changed. */
export function createPromote({ objects, artifacts }: Store) {
  const registry = new ModelRegistry(objects);

  return async function promote({
    version,
    policy,
    runId,
  }: PromoteCall): Promise<{ name: string; version: number; decision: string }> {
    const challenger = await artifacts.getJson(version, modelVersionSchema);
    const { name } = challenger;
    const holder = await registry.alias(name, policy.alias);
    const say = (decision: string) => ({ name, version: challenger.version, decision });
    const held = holder?.value.version ?? null;
    if (held === challenger.version) return say(`already ${policy.alias}`);
    const decision = held === null ? null : await compare(artifacts, challenger, await registry.version(name, held), policy);
    if (decision && !decision.promote) return say(`${policy.alias} stays version ${held}: ${decision.reason}`);
    const reason = decision?.reason ?? "first version";
    const move = {
      alias: policy.alias,
      kind: "promote" as const,
      version: challenger.version,
      movedAt: new Date().toISOString(),
      movedBy: `run ${runId}`,
      reason,
    };
    await registry.moveAlias(name, move, holder);
    return say(`now ${policy.alias} (${reason})`);
  };
}

async function compare(
  artifacts: ArtifactStore,
  challenger: ModelVersion,
  champion: ModelVersion,
  policy: Omit<RegisterParameters, "name">,
): Promise<{ promote: boolean; reason: string }> {
  if (policy.gate === "none") return { promote: true, reason: "no gate" };
  const sameTest = (["dataset", "split"] as const).every((input) => challenger.lineage[input] === champion.lineage[input]);
  if (!sameTest) return { promote: false, reason: "the two were tested on different data, so they cannot be compared" };
  const answers = await pairedAnswers(artifacts, challenger, champion);
  return decidePromotion(answers, policy, randomStream(0, "promote", challenger.contentHash, champion.contentHash));
}

async function pairedAnswers(artifacts: ArtifactStore, challenger: ModelVersion, champion: ModelVersion): Promise<PairedAnswers> {
  const [ours, theirs] = await Promise.all(
    [challenger, champion].map((model) => artifacts.localPath(model.evidence.predictions).then(readTable)),
  );
  const column = (table: Record<string, unknown> | undefined, name: string) => Int32Array.from((table?.[name] ?? []) as number[]);
  return { truth: column(ours, "truth"), challenger: column(ours, "predicted"), champion: column(theirs, "predicted") };
}

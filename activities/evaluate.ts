import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { FoldAnswers } from "../ml/evaluate/pool-folds.ts";
import { poolFolds } from "../ml/evaluate/pool-folds.ts";
import type { CrossValidation, EvaluateParameters, Evaluation, Metrics } from "../ml/evaluate/schema.ts";
import { refuseUnknownColumns } from "../ml/ingest/unknown-columns.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { historySchema } from "../ml/train/schema.ts";
import { evaluationReport } from "../reports/evaluation-report.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { TestSets } from "../storage/test-sets.ts";
import { withoutSecrets } from "../storage/secrets.ts";
import type { RunRecords } from "../storage/run-records.ts";
import type { Dataset } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readSamples } from "../storage/tables.ts";
import { readFolds } from "./read-folds.ts";
import { gatherReport } from "./evaluation-report-parts.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";
import type { DataInputs } from "./supervise-stage.ts";
import { jobBasis, superviseStage } from "./supervise-stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

export interface EvaluateInputs extends DataInputs, Record<string, ArtifactRef> {
  model: ArtifactRef;
  weights: ArtifactRef;
  history: ArtifactRef;
}

/** Evaluation, computed in a process that this one supervises; the page is drawn here. */
export function createEvaluate(store: { objects: ObjectStore; runs: RunRecords }, trainer: TrainerSettings) {
  /**
   * Measures the kept weights on the untouched test part and draws the report. A retry computes the same again.
   * @throws {TrainingStuck} permanent: three failures
   */
  return async function evaluate(
    task: StageTask<Pick<Pipeline, "evaluate" | "model"> & Pick<Pipeline["train"], "classWeights">, EvaluateInputs>,
    context: StageContext,
  ): Promise<StageResult<{ metrics: ArtifactRef; predictions: ArtifactRef; report: ArtifactRef }>> {
    const { parameters, inputs, seed } = task;
    const { artifacts, runId } = context;
    const basis = await jobBasis(inputs, context);
    refuseUnknownColumns(parameters.evaluate.slices, basis.dataset, "evaluate.slices");
    const job = { kind: "evaluate" as const, ...basis, ...parameters, weights: inputs.weights, seed };
    const finished = await superviseStage(job, store.objects, trainer, context);
    if (finished.type !== "evaluated") throw new TypeError(`The trainer answered an evaluation with "${finished.type}"`);
    const { test, validation, predictions, activationMaps } = finished.result;
    const history = await artifacts.getJson(inputs.history, historySchema);
    const train = history.epochs.at(-1)?.train ?? history.trainEval;
    const folds = await readFolds(inputs, basis.dataset.classes, artifacts);
    const crossValidation =
      folds.length === 0
        ? undefined
        : await pool(folds, { dataset: basis.dataset, parameters: parameters.evaluate, seed }, artifacts);
    const pooled = crossValidation ? { crossValidation } : {};
    const metrics: Metrics = { formatVersion: 1, train, trainEval: history.trainEval, validation, test, ...pooled };
    const parts = await gatherReport(
      {
        inputs,
        predictions,
        activationMaps,
        dataset: basis.dataset,
        evaluation: test,
        pipeline: (await store.runs.find(runId))?.pipeline ?? null,
        slices: parameters.evaluate.slices,
      },
      context,
      (sha256) => new TestSets(store.objects).use(sha256, runId),
    );
    const page = evaluationReport({
      ...parts,
      ...pooled,
      evaluation: test,
      validation,
      history,
      runId,
      seed,
      environment: history.environment,
    });
    return {
      outputs: {
        metrics: await artifacts.putJson(metrics),
        predictions,
        report: await artifacts.put(Buffer.from(withoutSecrets(page)), mediaTypes.html),
      },
      summary: {
        test: headline(test),
        validation: validation && headline(validation),
        trainEval: history.trainEval,
        ...(crossValidation ? { crossValidation: foldHeadline(crossValidation) } : {}),
      },
    };
  };
}

async function pool(
  folds: readonly FoldAnswers[],
  { dataset, parameters, seed }: { dataset: Dataset; parameters: EvaluateParameters; seed: number },
  artifacts: ArtifactStore,
): Promise<CrossValidation> {
  const { group } = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  return poolFolds(folds, { classes: dataset.classes, seed, parameters, groupOf: (row) => group[row] ?? "" });
}

/** Mean and standard deviation of each metric, for the record. */
function foldHeadline({ metrics, folds }: CrossValidation) {
  return { folds: folds.length, ...Object.fromEntries(metrics.map(({ name, mean, sd }) => [name, { mean, sd }])) };
}

function headline({ loss, accuracy, balancedAccuracy, macroF1, auc }: Evaluation) {
  return { loss, accuracy, balancedAccuracy, macroF1, auc };
}

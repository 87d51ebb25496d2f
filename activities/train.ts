import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { ModelParameters } from "../ml/model/transfer/schema.ts";
import type { TrainParameters } from "../ml/train/schema.ts";
import type { History } from "../ml/train/schema.ts";
import { historySchema } from "../ml/train/schema.ts";
import { collapsedSince, collapseWarning } from "../ml/train/collapse.ts";
import { csvLog } from "../ml/train/csv-log.ts";
import { eventFile } from "../ml/train/event-file.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";
import type { DataInputs } from "./supervise-stage.ts";
import { jobBasis, readAugmentation, superviseStage } from "./supervise-stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

interface TrainInputs extends DataInputs, Record<string, ArtifactRef> {
  augmentation: ArtifactRef;
}

interface TrainingParameters {
  train: TrainParameters;
  model: ModelParameters;
  /** Where training ends before its last epoch: a rung of a sweep, or the epoch that a reproduced run ended with. */
  untilEpoch?: number;
}

interface TrainOutputs extends Record<string, ArtifactRef> {
  model: ArtifactRef;
  weights: ArtifactRef;
  history: ArtifactRef;
  /** A line an epoch. */
  csv: ArtifactRef;
  /** For TensorBoard. */
  events: ArtifactRef;
}

/** Training, in a process that this one supervises. */
export function createTrain({ objects }: { objects: ObjectStore }, trainer: TrainerSettings) {
  /**
   * Trains to the last epoch and hands on the kept weights. A retry, on any worker, goes on from the newest checkpoint that verifies and
   * ends with the same bits.
   *
   * @throws {TrainingDiverged} permanent: the loss is not finite
   * @throws {TrainingStuck} permanent: three failures without a new checkpoint
   * @throws {TrainerCrashed} @throws {TrainerStalled} retried
   */
  return async function train(
    { parameters, inputs, seed: runSeed }: StageTask<TrainingParameters, TrainInputs>,
    context: StageContext,
  ): Promise<StageResult<TrainOutputs>> {
    const basis = await jobBasis(inputs, context);
    const { seed = runSeed } = parameters.train;
    const augmentation = { ...(await readAugmentation(inputs.augmentation, context)), seed };
    const job = { kind: "train" as const, ...basis, ...parameters, augmentation, seed, continues: [...context.continues] };
    const finished = await superviseStage(job, objects, trainer, context);
    if (finished.type !== "trained") throw new TypeError(`The trainer answered a training with "${finished.type}"`);
    const { model, weights, history: historyRef, imagesPerSecond, fallbackReason, continuedFrom } = finished.result;
    const history = await context.artifacts.getJson(historyRef, historySchema);
    if (fallbackReason !== null) context.log.warn({ fallbackReason }, "trained op by op: the step could not be compiled");
    return {
      continuedFrom,
      outputs: { model, weights, history: historyRef, ...(await storeLogs(history, context)) },
      summary: {
        ...scores(history),
        ...(isOutOfTime(parameters, history) ? { stoppedByTime: true } : {}),
        ...(fallbackReason === null ? {} : { fallbackReason }),
        imagesPerSecond: imagesPerSecond === null ? null : Math.round(imagesPerSecond),
        device: history.environment["device"] ?? null,
      },
    };
  };
}

/** The epochs for other programs: they follow from the history, and nothing of convoy reads them. */
async function storeLogs({ epochs }: History, { artifacts }: StageContext): Promise<{ csv: ArtifactRef; events: ArtifactRef }> {
  return {
    csv: await artifacts.put(Buffer.from(csvLog(epochs)), mediaTypes.csv),
    events: await artifacts.put(eventFile(epochs), mediaTypes.bytes),
  };
}

/** How the training went, and what the epoch scored whose weights were kept. */
function scores({ epochs, bestEpoch, stoppedEarly, engine, trainEval }: History) {
  const best = epochs.find(({ epoch }) => epoch === bestEpoch);
  const since = collapsedSince(epochs);
  return {
    train: epochs.at(-1)?.train ?? null,
    trainEval,
    validation: best?.validation ?? null,
    ...(best?.metrics ? { metrics: best.metrics } : {}),
    epochs: epochs.length,
    bestEpoch,
    stoppedEarly,
    engine,
    ...(since === null ? {} : { collapsed: collapseWarning(since) }),
  };
}

function isOutOfTime({ train, untilEpoch }: TrainingParameters, { epochs, stoppedEarly }: History): boolean {
  return train.maxMinutes !== undefined && untilEpoch === undefined && !stoppedEarly && epochs.length < train.epochs;
}

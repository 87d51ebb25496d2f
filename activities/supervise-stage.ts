import { activityInfo } from "@temporalio/activity";

import { augmentationSchema } from "../ml/augment/schema.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { encoderSchema } from "../ml/encode/schema.ts";
import { TrainerCrashed, TrainerStalled, TrainingStuck } from "../ml/errors.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { normalizerSchema } from "../ml/normalize/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { FinishedEpoch } from "../ml/run/schema.ts";
import type { TrainerJob, TrainerProgress } from "../ml/train/trainer-messages.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { recordTrainingFailure } from "../storage/training-failures.ts";
import type { StageContext } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";
import { runTrainer } from "./trainer-process.ts";

/** Real failures in a row without a new checkpoint after which trying again is given up. */
const failureLimit = 3;

export interface DataInputs {
  dataset: ArtifactRef;
  split: ArtifactRef;
  normalizer: ArtifactRef;
  encoder: ArtifactRef;
}

/** What all kinds of job begin with: data, and which attempt this is. */
export async function jobBasis(inputs: DataInputs, { artifacts, runId, attempt }: StageContext) {
  const { activityId, currentAttemptScheduledTimestampMs } = activityInfo();
  const [dataset, normalizer, encoder] = await Promise.all([
    artifacts.getJson(inputs.dataset, datasetSchema),
    artifacts.getJson(inputs.normalizer, normalizerSchema),
    artifacts.getJson(inputs.encoder, encoderSchema),
  ]);
  const fence = { activityId, attempt, scheduledAtMs: currentAttemptScheduledTimestampMs };
  return { runId, ...fence, dataset, split: inputs.split, normalizer, encoder };
}

export function readAugmentation(ref: ArtifactRef, { artifacts }: StageContext) {
  return artifacts.getJson(ref, augmentationSchema);
}

/**
 * Runs a job in a trainer, shows its progress, and counts its real failures; cancellation, pause, shutdown and storage being away are
 * none. The count is kept beside the checkpoints, for another worker may try next.
 *
 * @throws {TrainingStuck} permanent: the third real failure without a new checkpoint between them
 */
export async function superviseStage(job: TrainerJob, objects: ObjectStore, settings: TrainerSettings, context: StageContext) {
  const { signal, log } = context;
  try {
    let finished: FinishedEpoch[] = [];
    const onProgress = (progress: TrainerProgress) => {
      finished = withFinished(finished, progress);
      context.report({ ...shown(job, progress), ...(finished.length > 0 ? { finishedEpochs: finished } : {}) });
    };
    return await runTrainer(job, settings, { signal, log, onProgress });
  } catch (error) {
    if (!(error instanceof TrainerCrashed || error instanceof TrainerStalled)) throw error;
    throw (await stuck(error, job, objects, context)) ?? error;
  }
}

async function stuck(
  error: TrainerCrashed | TrainerStalled,
  { runId, kind, attempt, scheduledAtMs }: TrainerJob,
  objects: ObjectStore,
  { log, attemptsBefore }: StageContext,
): Promise<TrainingStuck | null> {
  const stage = stageOf(kind);
  const failure = { attempt, attemptsBefore, scheduledAtMs, type: error.name, message: error.message };
  try {
    const { failuresInARow, checkpoint } = await recordTrainingFailure(objects, { runId, stage }, failure);
    if (failuresInARow < failureLimit) return null;
    const since = checkpoint === null ? "before a first checkpoint" : `since checkpoint ${checkpoint.split("/").at(-1)}`;
    return new TrainingStuck(`Stage ${stage} failed ${failuresInARow} times ${since}. The last time: ${error.message}`, {
      cause: error,
    });
  } catch (cause) {
    // Storage is away as well: this failure goes uncounted, the next one is counted. What ended the trainer is the better word.
    log.warn({ error: String(cause) }, "the failure could not be logged beside the checkpoints");
    return null;
  }
}

/** An epoch is finished once all its steps are done and something else goes on; few are kept, for heartbeats are small. */
function withFinished(before: FinishedEpoch[], { phase, epoch, step, steps, loss, accuracy }: TrainerProgress): FinishedEpoch[] {
  const isFinished = (phase === "validating" || phase === "checkpointing") && steps > 0 && step >= steps;
  if (!isFinished || loss === null || accuracy === null || before.at(-1)?.epoch === epoch) return before;
  return [...before, { epoch, loss, accuracy }].slice(-20);
}

/** A trainer's progress in the words all stages share. */
function shown({ kind }: TrainerJob, progress: TrainerProgress) {
  const { phase, epoch, epochs, step, steps, loss, accuracy, imagesPerSecond } = progress;
  if (kind === "label-noise") return { done: step, total: steps, unit: phase === "loading" ? "images" : "folds", phase };
  if (kind !== "train") return { done: step, total: steps, unit: phase === "loading" ? "shards" : "images", phase };
  const fraction = phase === "training" && steps > 0 ? step / steps : 0;
  const done = phase === "training" ? epoch - 1 + fraction : epoch;
  return {
    done: Math.max(0, done),
    total: epochs,
    unit: "epochs",
    phase,
    epoch,
    epochs,
    ...(phase === "training" ? { step, steps } : {}),
    loss,
    accuracy,
    imagesPerSecond,
  };
}

/** Whose work a job is. */
function stageOf(kind: TrainerJob["kind"]): Stage {
  if (kind === "train" || kind === "evaluate") return kind;
  return kind === "label-noise" ? "explore" : "register";
}

import { activityInfo } from "@temporalio/activity";

import type { ArtifactRef } from "../ml/artifact.ts";
import { labelNoiseTaskSchema } from "../ml/check/label-noise/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { StageContext, StagePartTask } from "./stage.ts";
import { superviseStage } from "./supervise-stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

/** The part of explore that costs a training, in a process that this one supervises. */
export function createLabelNoise({ objects }: { objects: ObjectStore }, trainer: TrainerSettings) {
  /**
   * How likely each class is for each row with a label, by models that never saw the row. A retry begins anew and gives the same.
   *
   * @throws {TrainingStuck} permanent: three failures
   * @throws {TrainerCrashed} @throws {TrainerStalled} retried
   */
  return async function labelNoise({ part }: StagePartTask<unknown>, context: StageContext): Promise<ArtifactRef> {
    const { artifacts, runId, attempt } = context;
    const { dataset, split, seed } = await artifacts.getJson(part, labelNoiseTaskSchema);
    const { activityId, currentAttemptScheduledTimestampMs } = activityInfo();
    const job = {
      kind: "label-noise" as const,
      runId,
      activityId,
      attempt,
      scheduledAtMs: currentAttemptScheduledTimestampMs,
      dataset: await artifacts.getJson(dataset, datasetSchema),
      split,
      seed,
    };
    const finished = await superviseStage(job, objects, trainer, context);
    if (finished.type !== "out-of-fold")
      throw new TypeError(`The trainer answered a search for wrong labels with "${finished.type}"`);
    return finished.probabilities;
  };
}

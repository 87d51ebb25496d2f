import { augment } from "./augment.ts";
import { createBookkeepingActivities } from "./bookkeeping.ts";
import { check } from "./check.ts";
import { encode } from "./encode.ts";
import { createEvaluate } from "./evaluate.ts";
import { explore } from "./explore.ts";
import { ingestPart } from "./ingest-part.ts";
import { ingest } from "./ingest.ts";
import { createLabelNoise } from "./label-noise.ts";
import { normalize } from "./normalize.ts";
import type { NotifySettings } from "./notify.ts";
import { createNotify, createNotifySchedule, isTold } from "./notify.ts";
import { createPromote } from "./promote.ts";
import { createRegister } from "./register.ts";
import type { StageDependencies } from "./run-stage.ts";
import { runStage, runStagePart } from "./run-stage.ts";
import { createSplit } from "./split.ts";
import { createSweepActivities } from "./suggest.ts";
import type { ScheduleDependencies } from "./schedule.ts";
import { createScheduleActivities } from "./schedule.ts";
import { createTrain } from "./train.ts";
import type { TrainerSettings } from "./trainer-process.ts";

/** What data workers do: seven data stages, most promotions, and the book-keeping of the workflows they host. */
export function createDataActivities(
  dependencies: StageDependencies,
  { schedules, notifications }: { schedules: ScheduleDependencies; notifications: NotifySettings },
) {
  return {
    ...createBookkeepingActivities(dependencies.store, (record) => isTold(notifications, record)),
    notify: createNotify(notifications),
    notifySchedule: createNotifySchedule(notifications),
    ...createSweepActivities(dependencies.store),
    ...createScheduleActivities(schedules),
    ingest: runStage(ingest, dependencies),
    ingestPart: runStagePart(ingestPart, dependencies),
    check: runStage(check, dependencies),
    split: runStage(createSplit(dependencies.store), dependencies),
    normalize: runStage(normalize, dependencies),
    encode: runStage(encode, dependencies),
    augment: runStage(augment, dependencies),
    explore: runStage(explore, dependencies),
    promote: createPromote(dependencies.store, null),
  };
}

/** What gpu workers do: the stages that compute with TensorFlow, in a trainer process each. */
export function createGpuActivities(dependencies: StageDependencies, trainer: TrainerSettings) {
  return {
    train: runStage(createTrain(dependencies.store, trainer), dependencies),
    labelNoise: runStagePart(createLabelNoise(dependencies.store, trainer), dependencies),
    evaluate: runStage(createEvaluate(dependencies.store, trainer), dependencies),
    register: runStage(createRegister(dependencies.store, trainer), dependencies),
    promote: createPromote(dependencies.store, trainer),
  };
}

export type DataActivities = ReturnType<typeof createDataActivities>;
export type GpuActivities = ReturnType<typeof createGpuActivities>;

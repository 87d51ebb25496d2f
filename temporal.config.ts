/**
 * Everything of Temporal's that has a number or a name: queues, timeouts, retry profiles, permanent errors. Plain data:
 * no environment, no imports at run time. Durations are in Temporal's notation.
 */

/** Queues carry the store's id and the build, so that a stage never runs in other code, or over other bytes, than its run names. */
export function taskQueues(storeId: string, buildId: string) {
  return { data: `convoy-data-${storeId}-${buildId}`, gpu: `convoy-gpu-${storeId}-${buildId}` };
}

/** The class of gpu workers that runs begin on. */
export const usualGpuClass = "default";

/** Queue of a class of gpu workers, of which every build has one. @param gpu as {@link taskQueues} names it */
export function gpuClassQueue(gpu: string, gpuClass: string): string {
  return gpuClass === usualGpuClass ? gpu : `${gpu}-${gpuClass}`;
}

export const workflowIdPrefix = "convoy-run-";
export const sweepWorkflowIdPrefix = "convoy-sweep-";

/** The Update by which a person changes a sweep that runs. */
export const changeSweepUpdateName = "changeSweep";

/** The Update by which an operator lets a waiting run go on. */
export const retryUpdateName = "retry";

/** Registered at start where the server allows it; runs go without them elsewhere. All of type Keyword. */
export const searchAttributes = ["ConvoyPipeline", "ConvoyStatus"] as const;

/** Errors no retry can mend, by class name in ml/errors.ts (a test compares them with the classes). */
export const permanentErrors = [
  "InvalidConfiguration",
  "ModuleFailed",
  "InvalidData",
  "DatasetRejected",
  "InvalidSplit",
  "TrainingDiverged",
  "TrainingStuck",
  "ArtifactCorrupt",
  "StaleAttempt",
  "RegistrationRefused",
] as const;

/** Mistakes in code or damaged records: a retry meets them again. Network failures reach us under names of their own. */
const programmingErrors = ["TypeError", "ReferenceError", "RangeError", "SyntaxError", "ZodError", "InvalidRecord"];
const nonRetryableErrorTypes: readonly string[] = [...permanentErrors, ...programmingErrors];

/** What ended the attempts there were, and says nothing of what was asked: begun anew, on another worker, it may end well. */
const circumstances: readonly string[] = ["TrainingStuck", "ArtifactCorrupt", "StaleAttempt"];

/** Whether work that ended by this error would end by it again: it follows from what was asked. Not so where nobody can say, as of a run that was terminated. */
export function endsAlike(errorType: string): boolean {
  return nonRetryableErrorTypes.includes(errorType) && !circumstances.includes(errorType);
}

const retry = {
  initialInterval: "1 second",
  backoffCoefficient: 2,
  maximumInterval: "30 seconds",
  nonRetryableErrorTypes: [...nonRetryableErrorTypes],
};

/** A cancelled run ends when its activities really have: no trainer is left, no GPU booked twice. Said outright: the SDK's default does not hold. */
const cancellationType = "WAIT_CANCELLATION_COMPLETED";

export const activityProfiles = {
  /** Ledger and record keeping: local activities of the workflow's own worker, milliseconds each; retried for as long as storage is away. */
  bookkeeping: { startToCloseTimeout: "30 seconds", localRetryThreshold: "10 seconds", retry },
  /** Word of a run to whoever wants it: tried for a while, then given up; no run waits longer for its listeners. */
  notification: { startToCloseTimeout: "1 minute", scheduleToCloseTimeout: "10 minutes", retry },
  /** Data stages: minutes; heartbeats from a timer, so a dead worker is noticed within a minute. */
  dataStage: {
    startToCloseTimeout: "12 hours",
    heartbeatTimeout: "60 seconds",
    cancellationType,
    retry: { ...retry, maximumAttempts: 1000 },
  },
  /**
   * Training and evaluation: as long as they take. No scheduleToCloseTimeout and no maximumAttempts: a pause consumes attempts and time;
   * the supervisor counts real failures itself (TrainingStuck).
   */
  training: { startToCloseTimeout: "90 days", heartbeatTimeout: "30 seconds", cancellationType, retry },
} as const;

export const heartbeatEveryMs = 2_000;

/** How long a run's record may be behind the run. */
export const saveWithin = "1 second";

/** How long a worker lets running activities finish after SIGTERM before it cancels them. */
export const shutdownGrace = { data: "30 seconds", gpu: "2 seconds" } as const;

/** Servers older than this lack what convoy relies on (activity pause, priorities). */
export const oldestServer = "1.28.0";

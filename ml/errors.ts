import type { ArtifactRef } from "./artifact.ts";

/**
 * Base of all errors a run can name. The message says the culprit, the rule, what was received and what to do.
 * Which subclasses are permanent (never retried) stands in `temporal.config.ts`, by class name.
 */
export class PipelineError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Thrown when a pipeline file, an option or a setting is wrong. Permanent. */
export class InvalidConfiguration extends PipelineError {}

/** Thrown when a module of the user's own does not compile, is not what its place asks for, or throws; names file and line. Permanent. */
export class ModuleFailed extends PipelineError {}

/** Thrown when source data cannot be used as it is: unreadable, malformed, contradictory. Permanent. */
export class InvalidData extends PipelineError {}

/** Thrown when a check with severity `fail` does not pass. Permanent. What the check found is stored all the same. */
export class DatasetRejected extends PipelineError {
  /** What the check hands on when it passes. */
  readonly outputs: Readonly<Record<string, ArtifactRef>>;
  constructor(message: string, outputs: Readonly<Record<string, ArtifactRef>>, options?: ErrorOptions) {
    super(message, options);
    this.outputs = outputs;
  }
}

/** Thrown when a part cannot be filled as asked, or parts leak into each other. Permanent. */
export class InvalidSplit extends PipelineError {}

/** Thrown when loss or weights are no longer finite. Permanent. */
export class TrainingDiverged extends PipelineError {}

/** Thrown when training failed three times without a new checkpoint. Permanent. */
export class TrainingStuck extends PipelineError {}

/** Thrown when a trainer shows no progress within its phase's deadline. Retried. */
export class TrainerStalled extends PipelineError {}

/** Thrown when a trainer died: a signal, an exception inside TensorFlow, out of memory. Retried. */
export class TrainerCrashed extends PipelineError {}

/** Thrown when stored bytes are missing or differ from their hash or size. The run makes them again. */
export class ArtifactCorrupt extends PipelineError {
  readonly sha256: string;
  constructor(message: string, sha256: string, options?: ErrorOptions) {
    super(message, options);
    this.sha256 = sha256;
  }
}

/** Thrown when a newer attempt has taken over; the stale one stops writing. Permanent for that attempt. */
export class StaleAttempt extends PipelineError {}

/** Thrown when the candidate does not pass its promotion gate or the version cannot be registered. Permanent. */
export class RegistrationRefused extends PipelineError {}

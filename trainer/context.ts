import type { TrainerProgress } from "../ml/train/trainer-messages.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Engine, EngineOptions } from "./engine/engine.ts";

/** What a trainer's job may use of the world. */
export interface TrainerContext {
  objects: ObjectStore;
  artifacts: ArtifactStore;
  /** The real one, or a test's own. */
  createEngine(options: EngineOptions): Engine;
  /** What may change bits; recorded with the history. */
  environment: Readonly<Record<string, string>>;
  /** Tells the supervisor where the job is; what is left out stays as it was. */
  report(change: Partial<TrainerProgress>): void;
  log(level: "debug" | "info" | "warn" | "error", message: string, fields?: Record<string, unknown>): void;
  /** Whether the supervisor asked for a checkpoint and an end. */
  stopRequested(): boolean;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

/** Thrown between two pieces of work when the supervisor asked to stop; what is done is in a checkpoint. */
export class StopRequested extends Error {
  override name = "StopRequested";
  readonly checkpoint: string | null;
  constructor(checkpoint: string | null) {
    super("asked to stop");
    this.checkpoint = checkpoint;
  }
}

import type { ArtifactRef } from "../ml/artifact.ts";
import type { EarlierTraining, StageProgress } from "../ml/run/schema.ts";
import type { OpenBucket } from "../storage/object-store.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";

/** Values small enough for a run's record and Temporal's history. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a stage works on. Parameters are exactly those that enter its ledger key. */
export interface StageTask<Parameters, Inputs> {
  parameters: Parameters;
  inputs: Inputs;
  /** The run's seed; derive named streams from it. */
  seed: number;
  /** Results of the parts this stage answered with before, in their order. */
  joined?: readonly ArtifactRef[];
}

/** One part of a stage's work: what the stage stored for it, with the stage's own parameters. */
export interface StagePartTask<Parameters> {
  parameters: Parameters;
  part: ArtifactRef;
}

/** What a stage hands on: artifacts by name, and a few numbers and words for the record, the summary and `convoy show`. */
export interface StageResult<Outputs extends Record<string, ArtifactRef> = Record<string, ArtifactRef>> {
  outputs: Outputs;
  summary: { readonly [key: string]: Json };
  /** Of a training: the earlier run's checkpoint that it went on from; null where it began anew. */
  continuedFrom?: EarlierTraining | null;
}

/** What a stage may answer instead: work for any number of workers, stored; it is asked again with the results. */
export interface StageParts {
  parts: readonly ArtifactRef[];
  /** What it hands on already, beside what joining the parts will give. */
  outputs?: Readonly<Record<string, ArtifactRef>>;
}

export interface StageLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For work whose words nobody keeps. */
export const silentLog: StageLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What a stage may use of the world. */
export interface StageContext {
  runId: string;
  /** 1 for the first attempt that the run made at this stage. */
  attempt: number;
  /** Attempts that were made before somebody let the stage go on: their failures count no longer. */
  attemptsBefore: number;
  /** Runs whose checkpoints a training goes on from where it has none of its own, the first one first. */
  continues: readonly string[];
  artifacts: ArtifactStore;
  /** Buckets that s3:// sources lie in. */
  openBucket: OpenBucket;
  log: StageLog;
  /** Aborted when the stage is cancelled or its worker shuts down. */
  signal: AbortSignal;
  /** A folder of this attempt's own, deleted afterwards. */
  scratchFolder: string;
  /** What is shown while it runs, e.g. `progress(1200, 10000, "images")`. Cheap; call as often as you like. */
  progress: (done: number, total: number, unit: string) => void;
  /** The same with everything training can tell. Heartbeats carry it; stages never heartbeat themselves. */
  report: (progress: StageProgress) => void;
}

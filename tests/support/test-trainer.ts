import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TrainJob, TrainResult } from "../../ml/train/trainer-messages.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import type { TrainerContext } from "../../trainer/context.ts";
import { createEngine } from "../../trainer/engine/create-engine.ts";
import { train } from "../../trainer/jobs/train.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

/** What a test makes of a job's context: to look on, to ask for an end, to let time pass. */
export type ContextChange = Partial<TrainerContext>;

export interface TestContext extends TrainerContext {
  logged: { level: string; message: string }[];
}

export interface TestTrainer {
  objects: MemoryObjectStore;
  artifacts: ArtifactStore;
  context(change?: ContextChange): TestContext;
  train(job: TrainJob, change?: ContextChange): Promise<TrainResult>;
  /** Deletes the cache. */
  close(): Promise<void>;
}

/** Runs a trainer's jobs in this process, on a store in memory. TensorFlow must be loaded (`loadTensorflow`). */
export async function testTrainer(): Promise<TestTrainer> {
  const cache = await mkdtemp(join(tmpdir(), "convoy-trainer-"));
  const objects = new MemoryObjectStore();
  const artifacts = new ArtifactStore(objects, cache);
  const context: TestTrainer["context"] = (change) => trainerContext({ objects, artifacts, ...change });
  return {
    objects,
    artifacts,
    context,
    train: (job, change) => train(job, context(change)),
    close: () => rm(cache, { recursive: true }),
  };
}

/** A context that notes what is logged; nobody listens to reports or asks it to stop. */
export function trainerContext(given: Pick<TrainerContext, "objects" | "artifacts"> & ContextChange): TestContext {
  const logged: TestContext["logged"] = [];
  return {
    createEngine,
    environment: { device: "cpu" },
    report: () => undefined,
    log: (level, message) => void logged.push({ level, message }),
    stopRequested: () => false,
    now: () => performance.now(),
    ...given,
    logged,
  };
}

/** Dies when an epoch's checkpoint has just been announced, as a killed process would: nothing is cleaned up. */
export function dyingAfter(checkpoints: number): ContextChange {
  let seen = 0;
  return {
    report: ({ checkpoint }) => {
      if (checkpoint !== undefined && ++seen > checkpoints) throw new Error("killed");
    },
  };
}

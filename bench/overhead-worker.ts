import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import { createBookkeepingActivities } from "../activities/bookkeeping.ts";
import type { StageDependencies } from "../activities/run-stage.ts";
import { runStage } from "../activities/run-stage.ts";
import type { StageResult, StageTask } from "../activities/stage.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { gpuStages, stages } from "../ml/stages.ts";
import { objectKey } from "../storage/artifact-store.ts";
import { shutdownGrace } from "../temporal.config.ts";
import { runWorker } from "../workers/run-worker.ts";

/** Names of what the stages hand on; the workflow asks for them. */
const outputNames = {
  ingest: ["dataset"],
  check: ["report"],
  split: ["split", "summary"],
  normalize: ["normalizer"],
  encode: ["encoder"],
  augment: ["augmentation"],
  explore: ["report"],
  train: ["model", "weights", "history"],
  evaluate: ["metrics", "predictions", "report"],
  register: ["version"],
} as const;

/** A worker like the real ones, with their composition root, log and ledger; only that its stages do nothing. */
if (process.argv[2] === "gpu") {
  await runWorker("gpu", ({ dependencies }) => ({
    activities: { ...emptyStages(dependencies, gpuStages), bare: async () => undefined },
    maxConcurrentActivityTaskExecutions: 1,
    maxConcurrentActivityTaskPolls: 1,
    shutdownGraceTime: shutdownGrace.gpu,
  }));
} else {
  await runWorker("data", ({ environment, dependencies }) => ({
    workflowsPath: fileURLToPath(new URL("overhead-workflows.js", import.meta.url)),
    activities: {
      ...createBookkeepingActivities(dependencies.store),
      ...emptyStages(dependencies, stages),
      promote: async () => ({ name: "bench", version: 1, decision: "none" }),
      bare: async () => undefined,
    },
    maxConcurrentActivityTaskExecutions: environment.CONVOY_DATA_SLOTS,
    shutdownGraceTime: shutdownGrace.data,
  }));
}

function emptyStages(dependencies: StageDependencies, names: readonly (keyof typeof outputNames)[]) {
  return Object.fromEntries(names.map((name) => [name, runStage(emptyStage(outputNames[name]), dependencies)]));
}

/** Hands on what the benchmark stored beforehand for the run's seed: a run with a seed of its own finds nothing in the ledger. */
function emptyStage(outputs: readonly string[]) {
  return async ({ seed }: StageTask<unknown, Record<string, ArtifactRef>>): Promise<StageResult> => ({
    outputs: Object.fromEntries(outputs.map((name) => [name, artifactOf(seed)])),
    summary: {},
  });
}

function artifactOf(seed: number): ArtifactRef {
  const bytes = Buffer.from(JSON.stringify({ seed }));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { uri: objectKey(sha256), sha256, sizeBytes: bytes.byteLength, mediaType: "application/json" };
}

import { WorkflowUpdateFailedError } from "@temporalio/client";

import type { PinnedOutcome } from "../activities/look-up.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { gatherInputs } from "../ml/run/downstream.ts";
import type { RetryPlan } from "../ml/run/plan-retry.ts";
import { hasResult, planRetry } from "../ml/run/plan-retry.ts";
import type { RunRecord, StageRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { BuildInfo } from "../storage/build-info.ts";
import type { Store } from "../storage/open-store.ts";
import { reachable } from "../storage/reachable.ts";
import { storeFiles } from "../storage/prepare-run.ts";
import { earlierTrainings } from "../storage/trainings.ts";
import { retryUpdateName, taskQueues, workflowIdPrefix } from "../temporal.config.ts";
import type { RetryRequest } from "../workflows/operator.ts";
import type { Link } from "./connect.ts";
import { launchRun } from "./launch-run.ts";
import { serveBuild } from "./original-build.ts";
import { recordAgain } from "./record-again.ts";
import { withSettings } from "./record-settings.ts";
import { viewRun } from "./run-view.ts";
import { refuseLostData, sourceOf } from "./source-state.ts";
import type { RetryAnswer, RetryOptions } from "./types.ts";

/**
 * Takes up a run that did not get to its end. One that waits for an operator goes on itself; of any other a new run is made from its
 * record in the store alone, which needs neither Temporal's memory of it nor the same cluster.
 *
 * @throws {InvalidConfiguration} where there is nothing to retry, or a value cannot be set
 */
export async function retryRun(link: Link, runId: string, options: RetryOptions): Promise<RetryAnswer> {
  const { record } = await viewRun(link, runId);
  const pipeline = await storeFiles(withSettings(record.pipeline, options.set), process.cwd(), link.store);
  if (record.status === "waiting") return continueRun(link, record, { ...options, pipeline });
  refuseUnended(record, options);
  const build = await serveBuild(link, record, options.code ?? "current");
  const lost = await lostResults(link.store, record);
  const plan = planRetry(record, {
    from: options.from,
    pipeline,
    codeHashes: build.codeHashes,
    lost: lost.map(({ stage }) => stage),
  });
  if (plan.runs.length === 0)
    throw new InvalidConfiguration(`Run ${runId} has every result already: the values set change no stage`);
  if (plan.runs.includes("ingest")) await refuseLostData(link.store, record.runId, sourceOf(record));
  const { from, set, code = "current" } = options;
  const origin = {
    kind: "retry" as const,
    code,
    ...(from === undefined ? {} : { from }),
    set: [...set],
    codeChanged: plan.codeChanged,
  };
  const source = plan.runs.includes("ingest") ? sourceOf(record) : record.source;
  const fresh = await recordAgain(link, record, { pipeline, origin, source });
  const checkpoint = await trainingGoesOnFrom(link.store, fresh, plan, build);
  await launchRun(link, {
    record: fresh,
    queues: taskQueues(link.store.id, build.buildId),
    codeHashes: build.codeHashes,
    retries: { pins: pinsOf(record, plan), anew: plan.anew },
  });
  return {
    runId: fresh.runId,
    isSameRun: false,
    pinned: plan.pinned.map(({ name, reusedFrom }) => ({
      stage: name,
      madeBy: reusedFrom ?? record.runId,
      codeChanged: plan.codeChanged.includes(name),
    })),
    runs: plan.runs,
    lost,
    checkpoint,
    buildId: build.buildId,
  };
}

function refuseUnended(record: RunRecord, { from, set }: RetryOptions): void {
  const { runId, status, finishedAt, origin } = record;
  if (finishedAt === null)
    throw new InvalidConfiguration(
      `Run ${runId} is still ${status}; wait for its end (convoy watch ${runId}) or stop it (convoy stop ${runId})`,
    );
  if (origin?.kind === "reproduce")
    throw new InvalidConfiguration(
      `Run ${runId} only shows what the record of run ${origin.runId} leads to; do that again: convoy reproduce ${origin.runId}`,
    );
  if (status === "done" && from === undefined && set.length === 0)
    throw new InvalidConfiguration(
      `Run ${runId} is done, so there is nothing to retry; give --from STAGE or --set key=value to do a part of it anew`,
    );
}

/** The very same run goes on: nothing of it is done twice, and its workflow checks what may still be set. */
async function continueRun(
  link: Link,
  record: RunRecord,
  { from, code, set, pipeline }: RetryOptions & { pipeline: Pipeline },
): Promise<RetryAnswer> {
  const { temporal, build } = link;
  const { runId, buildId } = record;
  if (from !== undefined)
    throw new InvalidConfiguration(
      `Run ${runId} waits at the stage that failed and goes on there; --from needs an ended run (convoy stop ${runId})`,
    );
  if (code === "current" && buildId !== build.buildId)
    throw new InvalidConfiguration(
      `Run ${runId} waits in build ${buildId} and goes on in it: leave out --code, or stop it first (convoy stop ${runId}) to retry it in the present code`,
    );
  await link.ensureWorkers(buildId);
  const request: RetryRequest = { pipeline, set: [...set] };
  try {
    const runs = await temporal.workflow
      .getHandle(workflowIdPrefix + runId)
      .executeUpdate<Stage[], [RetryRequest]>(retryUpdateName, { args: [request] });
    return { runId, isSameRun: true, pinned: [], runs, lost: [], checkpoint: null, buildId };
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new InvalidConfiguration(error.cause?.message ?? error.message, { cause: error });
  }
}

/** Results that are gone, each with the stage that made them. What they refer to counts with them. */
async function lostResults({ artifacts }: Store, record: RunRecord): Promise<RetryAnswer["lost"]> {
  const seen = new Set<string>();
  const lost: RetryAnswer["lost"] = [];
  for (const stage of record.stages) {
    if (!hasResult(stage)) continue;
    const missing: string[] = [];
    for await (const { ref, isIntact } of reachable(artifacts, Object.values(stage.outputs), { seen }))
      if (!isIntact) missing.push(ref.uri);
    if (missing.length > 0) lost.push({ stage: stage.name, artifacts: missing });
  }
  return lost;
}

function pinsOf({ runId }: RunRecord, { pinned }: RetryPlan): Partial<Record<Stage, PinnedOutcome>> {
  return Object.fromEntries(pinned.filter(hasResult).map((stage) => [stage.name, pinOf(stage, stage.reusedFrom ?? runId)]));
}

function pinOf(stage: StageRecord & { key: string; entry: string; codeHash: string }, madeBy: string): PinnedOutcome {
  const { key, entry, codeHash, outputs, summary, environment } = stage;
  return {
    key,
    entry,
    codeHash,
    madeBy,
    outputs,
    summary,
    attempts: 0,
    ...(environment ? { environment } : {}),
  };
}

/** Where the training goes on from; null where it begins anew, or what it takes is made anew and may come out otherwise. */
async function trainingGoesOnFrom({ objects }: Store, fresh: RunRecord, plan: RetryPlan, build: BuildInfo) {
  const known = new Map(plan.pinned.map(({ name, outputs }) => [name, outputs]));
  const { inputs, waitsFor } = gatherInputs("train", known);
  if (!plan.runs.includes("train") || plan.anew.includes("train") || waitsFor.length > 0) return null;
  const { pipeline, untilEpoch = pipeline.train.epochs } = fresh;
  const parameters = { train: pipeline.train, model: pipeline.model, untilEpoch };
  const work = { parameters, inputs, seed: pipeline.seed, codeHash: build.codeHashes.train };
  return (await earlierTrainings(objects, work, fresh.runId))[0] ?? null;
}

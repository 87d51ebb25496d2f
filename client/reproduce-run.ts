import { InvalidConfiguration } from "../ml/errors.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { taskQueues } from "../temporal.config.ts";
import type { Link } from "./connect.ts";
import { launchRun } from "./launch-run.ts";
import { serveBuild } from "./original-build.ts";
import { recordAgain } from "./record-again.ts";
import { viewRun } from "./run-view.ts";
import { refuseLostData, sourceOf } from "./source-state.ts";
import type { ReproduceAnswer, ReproduceOptions } from "./types.ts";

/**
 * Does a run again from its record alone: pipeline, data by hash, seed and, unless told otherwise, code. Nothing that was made before is
 * taken for made, and nothing is registered.
 *
 * @throws {InvalidConfiguration} where the run did not come to an end of its own
 * @throws {InvalidData} naming files of its data that are gone or changed since
 * @throws {Unavailable} where its code cannot be run here
 */
export async function reproduceRun(link: Link, runId: string, { code }: ReproduceOptions): Promise<ReproduceAnswer> {
  const { record } = await viewRun(link, runId);
  refuseUnfinished(record);
  const source = sourceOf(record);
  await refuseLostData(link.store, runId, source);
  const build = await serveBuild(link, record, code);
  const origin = { kind: "reproduce" as const, code, set: [], codeChanged: [] };
  const { pipeline } = record;
  const fresh = await recordAgain(link, record, { pipeline, origin, source, untilEpoch: lastEpoch(record) });
  await launchRun(link, {
    record: fresh,
    queues: taskQueues(link.store.id, build.buildId),
    codeHashes: build.codeHashes,
    reproduces: true,
  });
  return { runId: fresh.runId, buildId: build.buildId };
}

function refuseUnfinished({ runId, status }: RunRecord): void {
  if (status === "done" || status === "failed") return;
  throw new InvalidConfiguration(
    `Run ${runId} is ${status}; only what came to an end of its own, done or failed, can be reproduced (convoy retry ${runId} takes it up)`,
  );
}

/** A training that time may end is to end with the epoch that it ended with, however fast this machine is. */
function lastEpoch(record: RunRecord): number | undefined {
  const epochs = stageOf(record, "train")?.summary["epochs"];
  return record.pipeline.train.maxMinutes !== undefined && typeof epochs === "number" ? epochs : record.untilEpoch;
}

import type { ArtifactRef } from "../ml/artifact.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import { newRunRecord } from "../ml/run/new-run-record.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { uploadBuild } from "../storage/build-info.ts";
import type { Link } from "./connect.ts";

interface Again {
  pipeline: Pipeline;
  origin: Omit<NonNullable<RunRecord["origin"]>, "runId">;
  /** Its data, where that is not read from where the run read it. */
  source?: ArtifactRef;
  /** Where its training ends, if not where the run's was to end. */
  untilEpoch?: number | undefined;
}

/** The record that a run begins with which takes up another one: as far, on the same data, in its code or the present one. */
export async function recordAgain({ store, build }: Link, old: RunRecord, again: Again): Promise<RunRecord> {
  const { pipeline, origin, source = old.source, untilEpoch = old.untilEpoch } = again;
  const isOriginal = origin.code === "original";
  const record = newRunRecord({
    runId: newRunId(Date.now(), Math.random),
    startedAt: new Date().toISOString(),
    pipeline,
    source,
    buildId: isOriginal ? old.buildId : build.buildId,
    build: isOriginal ? old.build : await uploadBuild(store),
  });
  return {
    ...record,
    origin: { ...origin, runId: old.runId },
    ...(old.trial === undefined ? {} : { trial: old.trial }),
    ...(old.until === undefined ? {} : { until: old.until }),
    ...(untilEpoch === undefined ? {} : { untilEpoch }),
  };
}

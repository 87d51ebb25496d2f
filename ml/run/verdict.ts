import type { Stage } from "../stages.ts";
import { stages } from "../stages.ts";
import { hasResult, stageOf } from "./plan-retry.ts";
import type { RunRecord, StageRecord } from "./schema.ts";
import type { Comparison } from "./tolerance.ts";
import { isWithin } from "./tolerance.ts";

export const verdicts = ["bitIdentical", "withinTolerance", "diverged"] as const;
/** From best to worst. */
export type Verdict = (typeof verdicts)[number];

/** How one output of a stage compares with what it was. */
export interface OutputComparison extends Comparison {
  output: string;
}

export interface StageVerdict {
  stage: Stage;
  verdict: Verdict | "notCompared";
  /** Why there is nothing to compare, or why it differs where no output does. */
  reason?: string;
  /** The outputs that differ. */
  differences: OutputComparison[];
}

export interface RunVerdict {
  verdict: Verdict;
  /** The first stage that is not bit-identical: later ones differ because of it. */
  firstDifference: Stage | null;
  stages: StageVerdict[];
}

/** What two runs' records say of a stage without a look at its outputs; null where those have to be compared. */
export function verdictByRecord(stage: Stage, expected: RunRecord, found: RunRecord): StageVerdict | null {
  const [before, after] = [stageOf(expected, stage), stageOf(found, stage)];
  if (!before || !after) return notCompared(stage, "stands in one of the records only");
  if (hasResult(before) && hasResult(after)) return null;
  if (before.status === "failed" || after.status === "failed") return verdictOnFailure(stage, before, after);
  if (stage === "register" && found.origin?.kind === "reproduce") return notCompared(stage, "a reproduction registers nothing");
  return notCompared(stage, hasResult(before) ? "was not reached now" : "was not reached at that time");
}

function notCompared(stage: Stage, reason: string): StageVerdict {
  return { stage, verdict: "notCompared", reason, differences: [] };
}

/** A failure of the same class is what the run led to as well. */
function verdictOnFailure(stage: Stage, before: StageRecord, after: StageRecord): StageVerdict {
  const isSame = before.status === after.status && before.error?.type === after.error?.type;
  const reason = isSame
    ? `failed both times: ${outcomeText(after)}`
    : `at that time ${outcomeText(before)}, now ${outcomeText(after)}`;
  return { stage, verdict: isSame ? "bitIdentical" : "diverged", reason, differences: [] };
}

function outcomeText({ status, error }: StageRecord): string {
  return error ? `${error.type}: ${error.message}` : status;
}

export function stageVerdict(stage: Stage, outputs: readonly OutputComparison[]): StageVerdict {
  const differences = outputs.filter(({ differing }) => differing > 0);
  const verdict = differences.length === 0 ? "bitIdentical" : differences.every(isWithin) ? "withinTolerance" : "diverged";
  return { stage, verdict, differences };
}

/** The whole is as good as its worst stage. A run without any stage to compare has not been reproduced. */
export function runVerdict(of: readonly StageVerdict[]): RunVerdict {
  const ordered = of.toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
  const found = ordered.flatMap(({ verdict }) => (verdict === "notCompared" ? [] : [verdict]));
  const worst = found.length === 0 ? "diverged" : (verdicts.findLast((verdict) => found.includes(verdict)) ?? "diverged");
  const first = ordered.find(({ verdict }) => verdict === "withinTolerance" || verdict === "diverged");
  return { verdict: worst, firstDifference: first?.stage ?? null, stages: ordered };
}

/** Whether the verdict is as asked: bit-identical where that was demanded, else within tolerance. */
export function isReproduced({ verdict }: RunVerdict, exact: boolean): boolean {
  return verdict === "bitIdentical" || (verdict === "withinTolerance" && !exact);
}

import type { RetrainParameters } from "./schema.ts";

export interface RetrainFacts {
  /** sha256 of the data's list of files as it is now. */
  source: string;
  /** Distance to the data trained on last, 0 to 1; null where it was not measured. */
  drift: number | null;
  /** The schedule's newest run that trained and was done; null where there is none. */
  last: { runId: string | null; scheduledAt: string; source: string | null; ageMs: number } | null;
}

/** `measure`: only the drift can tell, and it is not known yet. */
export interface RetrainDecision {
  answer: "train" | "skip" | "measure";
  reasons: string[];
}

/** Whether a scheduled run is needed. Without conditions it always is; with several, one that holds is enough. */
export function decideRetraining(
  conditions: RetrainParameters["if"] | undefined,
  { source, drift, last }: RetrainFacts,
): RetrainDecision {
  if (conditions === undefined) return { answer: "train", reasons: ["no retrain.if: it runs each time"] };
  if (last === null) return { answer: "train", reasons: ["it is the schedule's first run"] };
  const reasons = reasonsToTrain(conditions, { source, drift, last });
  if (reasons.length > 0) return { answer: "train", reasons };
  const isChanged = source !== last.source;
  if (conditions.drift !== undefined && isChanged && drift === null) return { answer: "measure", reasons: [] };
  const drifted = drift === null ? "" : `, and drifted by ${drift.toFixed(3)} of ${conditions.drift} accepted`;
  const since = `since run ${last.runId} of ${last.scheduledAt}`;
  return {
    answer: "skip",
    reasons: [`the data ${isChanged ? "changed" : "is the same"} ${since}${drifted}: nothing new to learn`],
  };
}

function reasonsToTrain(
  { dataChanged = false, drift: accepted = Number.POSITIVE_INFINITY, olderThan }: NonNullable<RetrainParameters["if"]>,
  { source, drift, last }: RetrainFacts & { last: NonNullable<RetrainFacts["last"]> },
): string[] {
  const since = `since run ${last.runId} of ${last.scheduledAt}`;
  const reasons: string[] = [];
  if (dataChanged && source !== last.source) reasons.push(`the data changed ${since}`);
  if (olderThan !== undefined && last.ageMs >= milliseconds(olderThan))
    reasons.push(`run ${last.runId} of ${last.scheduledAt} is older than ${olderThan}`);
  if (drift !== null && drift > accepted)
    reasons.push(`the data drifted by ${drift.toFixed(3)} ${since}; ${accepted} is accepted`);
  return reasons;
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of `90s`, `30m`, `6h` or `7d`. */
function milliseconds(duration: string): number {
  const [, count = "", unit = ""] = /^(\d+) ?([smhd])$/.exec(duration) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
}

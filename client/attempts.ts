import type { StageRecord } from "../ml/run/schema.ts";
import type { LogLine } from "./types.ts";

/** One attempt at a stage, or at a part of one, as its log tells. Times are ISO 8601. */
export interface Attempt {
  stage: string;
  attempt: number;
  /** Null for a whole stage. */
  part: string | null;
  startedAt: string;
  /** Of its last line. */
  endedAt: string;
  /** `silent`: its log ends without saying how: the worker died, or was cut off. */
  outcome: "running" | "done" | "failed" | "cancelled" | "silent";
  /** Why it failed. */
  error: string | null;
  lines: number;
}

/** Every attempt that a run made, in order; of parts only those that went wrong, for there can be hundreds. */
export async function attemptsOf(lines: AsyncIterable<LogLine>, stages: readonly StageRecord[]): Promise<Attempt[]> {
  const found = new Map<string, Attempt>();
  for await (const line of lines) {
    const part = typeof line.fields["part"] === "string" ? line.fields["part"] : null;
    const key = `${line.stage} ${line.attempt} ${part ?? ""}`;
    const before = found.get(key);
    const { outcome, error } = ending(line) ?? before ?? { outcome: "silent" as const, error: null };
    found.set(key, {
      stage: line.stage,
      attempt: line.attempt,
      part,
      startedAt: before?.startedAt ?? line.time,
      endedAt: line.time,
      outcome,
      error,
      lines: (before?.lines ?? 0) + 1,
    });
  }
  const attempts = [...found.values()].map((attempt) => ({
    ...attempt,
    outcome: outcomeOf(attempt, [...found.values()], stages),
  }));
  return attempts.filter(({ part, outcome }) => part === null || (outcome !== "done" && outcome !== "running"));
}

/** What a line says of how its attempt ended; see activities/run-stage.ts. */
function ending({ stage, message, fields }: LogLine): Pick<Attempt, "outcome" | "error"> | null {
  if (!message.startsWith(stage)) return null;
  const rest = message.slice(stage.length);
  const error = fields["error"];
  if (/^(, part \S+,)? failed, attempt \d+$/.test(rest))
    return { outcome: "failed", error: typeof error === "string" ? error : null };
  if (/^(, part \S+,)? cancelled$/.test(rest)) return { outcome: "cancelled", error: null };
  return / done$| is shared out$/.test(rest) ? { outcome: "done", error: null } : null;
}

/** A log without an end belongs to an attempt that goes on, or whose worker went silent; a part that ended well says nothing. */
function outcomeOf(attempt: Attempt, all: readonly Attempt[], stages: readonly StageRecord[]): Attempt["outcome"] {
  if (attempt.outcome !== "silent") return attempt.outcome;
  const isLast = !all.some(
    ({ stage, part, attempt: other }) => stage === attempt.stage && part === attempt.part && other > attempt.attempt,
  );
  const status = stages.find(({ name }) => name === attempt.stage)?.status;
  if (isLast && status === "running") return "running";
  return isLast && attempt.part !== null && (status === "ran" || status === "reused") ? "done" : "silent";
}

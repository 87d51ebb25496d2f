import type { Stage } from "../stages.ts";
import { hasResult } from "./plan-retry.ts";
import type { RunRecord, StageRecord } from "./schema.ts";

/** A stage's result as a run's record has it, for another run that hands it on. */
export interface Pin extends Pick<StageRecord, "outputs" | "summary"> {
  key: string;
  entry: string;
  /** Of the code that made it. */
  codeHash: string;
  /** The run that made it. */
  madeBy: string;
  attempts: number;
  /** What may change bits, where it was made. */
  environment?: Record<string, string>;
}

/** What a run has under these names, for one that takes it over. */
export function pinsOf({ runId, stages }: RunRecord, names: readonly Stage[]): Partial<Record<Stage, Pin>> {
  const wanted = stages.filter(({ name }) => names.includes(name)).filter(hasResult);
  return Object.fromEntries(
    wanted.map(({ name, key, entry, codeHash, outputs, summary, environment, reusedFrom }) => [
      name,
      {
        key,
        entry,
        codeHash,
        madeBy: reusedFrom ?? runId,
        outputs,
        summary,
        attempts: 0,
        ...(environment ? { environment } : {}),
      },
    ]),
  );
}

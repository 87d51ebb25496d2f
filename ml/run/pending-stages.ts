import { stages } from "../stages.ts";
import type { StageRecord } from "./schema.ts";

/** Stages of a new run, all pending. */
export function pendingStages(): StageRecord[] {
  return stages.map((name) => ({
    name,
    status: "pending",
    startedAt: null,
    seconds: 0,
    attempts: 0,
    key: null,
    entry: null,
    codeHash: null,
    reusedFrom: null,
    inputs: {},
    outputs: {},
    summary: {},
    error: null,
  }));
}

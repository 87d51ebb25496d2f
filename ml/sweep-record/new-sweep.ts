import type { SweepRecord } from "./schema.ts";

type Given = Pick<SweepRecord, "sweepId" | "startedAt" | "pipeline" | "parameters" | "source" | "buildId" | "build">;

/** The record of a sweep that has tried nothing yet. */
export function newSweep(given: Given): SweepRecord {
  return {
    formatVersion: 1,
    ...given,
    status: "running",
    begunAt: given.startedAt,
    finishedAt: null,
    reason: null,
    trials: [],
    epochs: 0,
    best: null,
    winner: null,
    error: null,
    step: 0,
    answer: { orders: [], isOver: false },
  };
}

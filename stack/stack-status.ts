import { existsSync } from "node:fs";

import { findStackProcesses } from "./process-identity.ts";
import type { StackState } from "./stack-state.ts";
import { readLastState, readLiveState } from "./stack-state.ts";

export interface StackStatus {
  /** `broken`: processes of it run, but nobody looks after them; starting or stopping it mends that. */
  state: "running" | "starting" | "stopping" | "stopped" | "failed" | "broken";
  /** What its supervisor said last; null when there was none. */
  details: StackState | null;
  /** Processes that run without a supervisor. */
  orphanPids: number[];
}

/** What the embedded stack of a state folder is doing; starts nothing. */
export function stackStatus(stateFolder: string): StackStatus {
  if (!existsSync(stateFolder)) return { state: "stopped", details: null, orphanPids: [] };
  const live = readLiveState(stateFolder);
  if (live) return { state: live.status === "running" ? servingState(live) : live.status, details: live, orphanPids: [] };
  const orphanPids = findStackProcesses(stateFolder).map(({ pid }) => pid);
  const last = readLastState(stateFolder) ?? null;
  if (orphanPids.length > 0) return { state: "broken", details: last, orphanPids };
  return { state: last?.status === "failed" ? "failed" : "stopped", details: last, orphanPids };
}

function servingState({ temporal, s3 }: StackState): StackStatus["state"] {
  const processes = [temporal?.process, s3?.process].filter((process) => process !== undefined);
  return processes.every(({ status }) => status === "ready") ? "running" : "starting";
}

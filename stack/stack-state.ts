import { z } from "zod";

import { isAlive } from "./process-identity.ts";
import { readJsonFile, s3Kinds, stackPaths, workerKinds } from "./stack-files.ts";

const processSchema = z.strictObject({
  name: z.string(),
  status: z.enum(["starting", "ready", "restarting", "drained", "failed", "stopped"]),
  pid: z.int().nullable(),
  restarts: z.int(),
  /** Why it restarts or failed, with its last words. */
  detail: z.string().nullable(),
});
export type ProcessState = z.infer<typeof processSchema>;

/** What the supervisor of a stack knows; only it writes this, at once and whenever something changes. */
const stackStateSchema = z.strictObject({
  formatVersion: z.literal(1),
  supervisor: z.strictObject({ pid: z.int(), startTime: z.string() }),
  buildId: z.string(),
  status: z.enum(["running", "stopping", "failed"]),
  /** Things to tell the person who started the stack, e.g. that a port was taken. */
  notices: z.array(z.string()),
  temporal: z.strictObject({ address: z.string(), webUiUrl: z.string(), process: processSchema }).nullable(),
  s3: z.strictObject({ endpoint: z.string(), kind: z.enum(s3Kinds), process: processSchema }).nullable(),
  workers: z.array(z.strictObject({ buildId: z.string(), wish: z.string(), kind: z.enum(workerKinds), process: processSchema })),
});
export type StackState = z.infer<typeof stackStateSchema>;

/** The state of a stack whose supervisor runs; undefined when none does, whatever an old file says. */
export function readLiveState(stateFolder: string): StackState | undefined {
  const state = readLastState(stateFolder);
  return state && isAlive(state.supervisor) ? state : undefined;
}

/** What the last supervisor wrote, be it alive or not. */
export function readLastState(stateFolder: string): StackState | undefined {
  return readJsonFile(stackPaths(stateFolder).state, stackStateSchema);
}

/** Servers first, then workers. */
export function processesOf({ temporal, s3, workers }: StackState): ProcessState[] {
  return [temporal?.process, s3?.process, ...workers.map(({ process }) => process)].filter((process) => process !== undefined);
}

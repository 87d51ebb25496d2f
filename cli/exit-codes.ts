import type { RunStatus } from "../ml/run/schema.ts";

/** What `$?` says; documented in docs/commands.md and held by tests. */
export const exitCodes = {
  done: 0,
  /** The run failed, or was terminated. */
  failed: 1,
  /** The request was wrong: a bad file, a bad option, an unknown run. */
  wrong: 2,
  /** Something needed is missing or out of reach. */
  missing: 3,
  /** The run waits for an operator. */
  waiting: 4,
  cancelled: 5,
  /** Ctrl-C, or another signal that ends programs. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byStatus: Record<RunStatus, ExitCode> = {
  running: exitCodes.done,
  done: exitCodes.done,
  failed: exitCodes.failed,
  terminated: exitCodes.failed,
  waiting: exitCodes.waiting,
  cancelled: exitCodes.cancelled,
};

/** The code of a command that followed a run until it stood so. */
export function exitCodeOf(status: RunStatus): ExitCode {
  return byStatus[status];
}

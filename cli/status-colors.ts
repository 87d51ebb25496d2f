import type { ShownStatus } from "../client/types.ts";
import type { StageStatus } from "../ml/run/schema.ts";
import type { Colors } from "./terminal.ts";

/** A status in its colour; the word says the same without. */
export function paintStatus(status: ShownStatus | StageStatus, colors: Colors): string {
  if (status === "done" || status === "ran" || status === "reused") return colors.green(status);
  if (status === "failed" || status === "terminated") return colors.red(status);
  if (status === "waiting" || status === "paused" || status === "cancelled") return colors.yellow(status);
  return status === "running" ? colors.cyan(status) : colors.dim(status);
}

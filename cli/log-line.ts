import type { LogLine } from "../client/types.ts";
import type { Colors } from "./terminal.ts";

/** A log line for people: `12:01:02 warn  train#2 loss is not finite  epoch=3`. */
export function logLineText({ time, level, stage, attempt, message, fields }: LogLine, colors: Colors): string {
  const clock = /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time;
  const paint = { debug: colors.dim, info: String, warn: colors.yellow, error: colors.red }[level];
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const details = rest.length > 0 ? `  ${colors.dim(rest.join(" "))}` : "";
  return `${colors.dim(clock)} ${paint(level.padEnd(5))} ${stage}${attempt > 1 ? `#${attempt}` : ""}  ${message}${details}`;
}

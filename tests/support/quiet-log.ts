import type { StageLog } from "../../activities/stage.ts";

interface LogLine {
  level: string;
  fields: { pid?: number };
  message: string;
}

/** A log that keeps its lines for the test to look at. */
export function keptLog(): StageLog & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

import { DefaultLogger } from "@temporalio/worker";
import type { LogEntry } from "@temporalio/worker";
import { multistream, pino } from "pino";
import type { Logger } from "pino";
import { PinoPretty as pretty } from "pino-pretty";

import type { StageLog } from "../activities/stage.ts";
import type { Stage } from "../ml/stages.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { AttemptLog } from "../storage/run-logs.ts";
import { withoutSecrets } from "../storage/secrets.ts";

/** JSON lines; made readable where a person looks on. */
const stdout = process.stdout.isTTY ? pretty({ colorize: true, sync: true }) : process.stdout;

/** The process' own log, secrets removed. */
export function createLogger(level: string, fields: Record<string, string>): Logger {
  return pino({ level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: withoutSecrets } }, stdout);
}

/** Temporal's own messages, on the same stream. */
export function temporalLogger(logger: Logger): DefaultLogger {
  const methods = { TRACE: "trace", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const;
  return new DefaultLogger("WARN", (entry: LogEntry) =>
    logger[methods[entry.level]]({ ...entry.meta, temporal: true }, entry.message),
  );
}

/** A log of one attempt: every line carries run id, stage and attempt, and goes to stdout and to storage. */
export function openAttemptLog(
  level: string,
  objects: ObjectStore,
  attempt: { runId: string; stage: Stage; attempt: number; part?: string },
) {
  const stored = new AttemptLog(objects, attempt);
  const streams = multistream([
    { level: "debug", stream: stdout },
    { level: "debug", stream: { write: (line: string) => stored.write(line.trimEnd()) } },
  ]);
  const log: StageLog = pino(
    { level, base: attempt, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: withoutSecrets } },
    streams,
  );
  return { log, close: () => stored.close() };
}

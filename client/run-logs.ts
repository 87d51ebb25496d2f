import { z } from "zod";

import { findObject } from "../storage/object-store.ts";
import { logKeys } from "../storage/run-logs.ts";
import type { Link } from "./connect.ts";
import { viewRun } from "./run-view.ts";
import type { LogLine } from "./types.ts";

const pollMs = 1_000;

const storedLineSchema = z.looseObject({
  level: z.number(),
  time: z.string(),
  runId: z.string(),
  stage: z.string(),
  attempt: z.number(),
  msg: z.string().default(""),
});

/** A run's log lines in order of stage and attempt; with `follow` also those to come, until the run ends. */
export async function* readLogs(
  link: Link,
  runId: string,
  { stage, follow, signal }: { stage?: string; follow: boolean; signal?: AbortSignal },
): AsyncIterable<LogLine> {
  const seen = new Set<string>();
  for (;;) {
    const isOver = (await viewRun(link, runId)).record.finishedAt !== null;
    for (const key of await logKeys(link.store.objects, runId, stage)) {
      if (seen.has(key)) continue;
      seen.add(key);
      const found = await findObject(link.store.objects, key);
      const text = found ? Buffer.from(found.bytes).toString("utf8") : "";
      for (const line of text.split("\n")) if (line) yield parseLine(line);
    }
    if (!follow || isOver || signal?.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function parseLine(text: string): LogLine {
  const { level, time, runId, stage, attempt, msg, ...fields } = storedLineSchema.parse(JSON.parse(text));
  return { time, level: levelName(level), runId, stage, attempt, message: msg, fields };
}

function levelName(level: number): LogLine["level"] {
  if (level >= 50) return "error";
  if (level >= 40) return "warn";
  return level >= 30 ? "info" : "debug";
}

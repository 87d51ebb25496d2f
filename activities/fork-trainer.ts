import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

import type { TrainerMessage } from "../ml/train/trainer-messages.ts";
import { trainerMessageSchema } from "../ml/train/trainer-messages.ts";
import { LastOutput } from "./last-output.ts";
import type { StageLog } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

/** A trainer's process as whoever started it sees it. */
export interface ForkedTrainer {
  child: ChildProcess;
  output: LastOutput;
  /** When nothing of it is left, with its last lines and messages heard; `failedToStart` where there never was a process. */
  exited: Promise<{ code: number | null; signal: string | null; failedToStart: Error | null }>;
}

/**
 * Starts a trainer's process. It ends by itself when this one does.
 *
 * @param words what it is for, for people who look at a process list
 */
export function forkTrainer(
  { path, variables }: Pick<TrainerSettings, "path" | "variables">,
  words: readonly string[],
  { log, onMessage }: { log: StageLog; onMessage: (message: TrainerMessage) => void },
): ForkedTrainer {
  const output = new LastOutput((line, level) => log[level]({ source: "trainer" }, line));
  const child = fork(path, [String(process.pid), ...words], {
    env: { ...variables },
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => output.take(text));
  child.on("message", (raw) => {
    const parsed = trainerMessageSchema.safeParse(raw);
    if (parsed.success) onMessage(parsed.data);
    else log.warn({ source: "trainer" }, `message of the trainer not understood: ${parsed.error.message}`);
  });
  const exited = new Promise<Awaited<ForkedTrainer["exited"]>>((resolve) => {
    child.once("error", (error) => {
      // Also emitted when a message could not be sent; the exit then follows.
      if (child.pid === undefined) resolve({ code: null, signal: null, failedToStart: error });
    });
    child.once("exit", (code, signal) => {
      // Its last lines and messages may still be in the pipes; a process that inherited them must not hold us up.
      void Promise.race([once(child, "close"), wait(2_000)]).then(() => resolve({ code, signal, failedToStart: null }));
    });
  });
  return { child, output, exited };
}

export function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

import type { TrainerMessage } from "../ml/train/trainer-messages.ts";
import { trainerMessageSchema } from "../ml/train/trainer-messages.ts";
import { LastOutput } from "./last-output.ts";
import type { StageLog } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

/** Who is told what a trainer says. */
export interface TrainerListener {
  log: StageLog;
  onMessage: (message: TrainerMessage) => void;
}

/** A trainer's process as whoever started it sees it. */
export interface ForkedTrainer {
  child: ChildProcess;
  /** What it printed since it has this listener. */
  output: LastOutput;
  /** Gives it to another one. */
  listen(listener: TrainerListener): void;
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
  first: TrainerListener,
): ForkedTrainer {
  let listener = first;
  const child = fork(path, [String(process.pid), ...words], {
    env: { ...variables },
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => trainer.output.take(text));
  child.on("message", (raw) => {
    const parsed = trainerMessageSchema.safeParse(raw);
    if (parsed.success) listener.onMessage(parsed.data);
    else listener.log.warn({ source: "trainer" }, `message of the trainer not understood: ${parsed.error.message}`);
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
  const listen = (next: TrainerListener): void => {
    listener = next;
    trainer.output = new LastOutput((line, level) => next.log[level]({ source: "trainer" }, line));
  };
  const trainer: ForkedTrainer = { child, output: new LastOutput(() => undefined), listen, exited };
  listen(first);
  return trainer;
}

export function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

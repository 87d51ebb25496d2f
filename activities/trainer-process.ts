import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

import { TrainerCrashed } from "../ml/errors.ts";
import type { TrainerControl, TrainerJob, TrainerMessage, TrainerProgress } from "../ml/train/trainer-messages.ts";
import { trainerMessageSchema } from "../ml/train/trainer-messages.ts";
import { LastOutput } from "./last-output.ts";
import type { StageLog } from "./stage.ts";
import { StallWatch, stallLimitsMs } from "./stall-watch.ts";
import type { TrainerCircumstances } from "./trainer-errors.ts";
import { crash, stall, toldError } from "./trainer-errors.ts";

export interface TrainerSettings {
  /** The trainer's entry, `trainer/main`. */
  path: string;
  /** All its environment variables; TensorFlow reads some when its library is loaded. */
  variables: Readonly<Record<string, string>>;
  limits?: Partial<TrainerLimits>;
}

export interface TrainerLimits {
  /** From "checkpoint and stop" to SIGTERM (default 20 s). */
  checkpointMs: number;
  /** From SIGTERM to SIGKILL (default 5 s). */
  terminateMs: number;
  /** How long it may say nothing, by phase. */
  stallMs: Readonly<Record<TrainerProgress["phase"], number>>;
}

export interface TrainerWatch {
  /** Aborted when the attempt is to end; a reason of `PAUSED` or `WORKER_SHUTDOWN` leaves time for a checkpoint. */
  signal: AbortSignal;
  log: StageLog;
  onProgress(progress: TrainerProgress): void;
}

type Finished = Extract<TrainerMessage, { type: "trained" | "evaluated" }>;

const shownLines = 15;

/**
 * Runs one job in a process of its own and settles only when that process is really gone, however it ends.
 *
 * @throws the signal's reason when it was aborted; the trainer's own error, by class; {TrainerCrashed} or {TrainerStalled} otherwise
 */
export async function runTrainer(job: TrainerJob, settings: TrainerSettings, watch: TrainerWatch): Promise<Finished> {
  watch.signal.throwIfAborted();
  const trainer = new SupervisedTrainer(job, settings, watch);
  try {
    return await trainer.result();
  } finally {
    await trainer.end();
  }
}

class SupervisedTrainer {
  readonly #job: TrainerJob;
  readonly #limits: TrainerLimits;
  readonly #watch: TrainerWatch;
  readonly #child: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #output: LastOutput;
  readonly #stallWatch: StallWatch;
  /** Ends the wait between two rungs of the ladder. */
  readonly #gone = new AbortController();
  #last: TrainerMessage | null = null;
  #progress: TrainerProgress | null = null;
  #device: string | null = null;
  #stalledSeconds: number | null = null;
  #failedToStart: Error | null = null;

  constructor(job: TrainerJob, { path, variables, limits }: TrainerSettings, watch: TrainerWatch) {
    this.#job = job;
    this.#watch = watch;
    this.#limits = { checkpointMs: 20_000, terminateMs: 5_000, stallMs: stallLimitsMs, ...limits };
    this.#output = new LastOutput((line, level) => watch.log[level]({ source: "trainer" }, line));
    this.#child = fork(path, [String(process.pid), job.runId, job.kind, String(job.attempt)], {
      env: { ...variables },
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#exited = this.#follow();
    this.#stallWatch = new StallWatch(this.#limits.stallMs, (seconds) => {
      this.#stalledSeconds = seconds;
      void this.#terminate();
    });
    watch.signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#tell({ type: "job", job });
  }

  async result(): Promise<Finished> {
    const end = await this.#exited;
    if (this.#last?.type === "trained" || this.#last?.type === "evaluated") return this.#last;
    this.#watch.signal.throwIfAborted();
    const circumstances = this.#circumstances();
    if (this.#stalledSeconds !== null) throw stall(this.#stalledSeconds, circumstances);
    if (this.#failedToStart !== null) {
      throw new TrainerCrashed(`The trainer could not be started: ${this.#failedToStart.message}`, {
        cause: this.#failedToStart,
      });
    }
    throw this.#last?.type === "failed" ? toldError(this.#last, circumstances) : crash(end, circumstances);
  }

  /** Makes sure that nothing is left. */
  async end(): Promise<void> {
    this.#watch.signal.removeEventListener("abort", this.#onAbort);
    this.#stallWatch.stop();
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
    }
    await this.#exited;
  }

  #follow(): Promise<{ code: number | null; signal: string | null }> {
    const child = this.#child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#output.take(text));
    child.on("message", (message) => this.#hear(message));
    return new Promise((resolve) => {
      const settle = (code: number | null, signal: string | null) => {
        this.#gone.abort();
        resolve({ code, signal });
      };
      child.once("error", (error) => {
        // Also emitted when a message could not be sent; the exit then follows.
        if (child.pid !== undefined) return;
        this.#failedToStart = error;
        settle(null, null);
      });
      child.once("exit", (code, signal) => {
        // Its last lines and messages may still be in the pipes; a process that inherited them must not hold us up.
        void Promise.race([once(child, "close"), wait(2_000)]).then(() => settle(code, signal));
      });
    });
  }

  #hear(raw: unknown): void {
    const parsed = trainerMessageSchema.safeParse(raw);
    if (!parsed.success) {
      this.#watch.log.warn({ source: "trainer" }, `message of the trainer not understood: ${parsed.error.message}`);
      return;
    }
    const message = parsed.data;
    this.#stallWatch.heard();
    if (message.type === "progress") {
      this.#progress = message.progress;
      this.#stallWatch.heard(message.progress.phase);
      this.#watch.onProgress(message.progress);
    } else if (message.type === "log") {
      if (typeof message.fields["device"] === "string") this.#device = message.fields["device"];
      this.#watch.log[message.level](message.fields, message.message);
    } else this.#last = message;
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#watch.signal;
    const mayFinishStep = reason instanceof Error && (reason.message === "PAUSED" || reason.message === "WORKER_SHUTDOWN");
    void (mayFinishStep ? this.#checkpointAndStop() : this.#terminate());
  };

  async #checkpointAndStop(): Promise<void> {
    this.#watch.log.info({}, "asking the trainer for a checkpoint and an end");
    this.#tell({ type: "checkpoint-and-stop" });
    if (await this.#isGoneWithin(this.#limits.checkpointMs)) return;
    await this.#terminate();
  }

  async #terminate(): Promise<void> {
    this.#child.kill("SIGTERM");
    if (await this.#isGoneWithin(this.#limits.terminateMs)) return;
    this.#watch.log.warn({}, "the trainer did not end on SIGTERM; SIGKILL follows");
    this.#child.kill("SIGKILL");
  }

  async #isGoneWithin(limitMs: number): Promise<boolean> {
    await wait(limitMs, undefined, { signal: this.#gone.signal }).catch(() => undefined); // aborted: it is gone
    return this.#gone.signal.aborted;
  }

  /** A trainer that is gone cannot be told anything; its exit says more than a failed send. */
  #tell(control: TrainerControl): void {
    if (this.#child.connected) this.#child.send(control, () => undefined);
  }

  #circumstances(): TrainerCircumstances {
    return { job: this.#job, progress: this.#progress, device: this.#device, lastLines: this.#output.lines(shownLines) };
  }
}

import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

import { TrainerCrashed } from "../ml/errors.ts";
import { isModule } from "../ml/module/schema.ts";
import { isTrialRun } from "../ml/sweep-record/trial-run.ts";
import type { TrainerControl, TrainerJob, TrainerMessage, TrainerProgress } from "../ml/train/trainer-messages.ts";
import type { ForkedTrainer } from "./fork-trainer.ts";
import { forkTrainer, isRunning } from "./fork-trainer.ts";
import type { SpareTrainer } from "./spare-trainer.ts";
import type { StageLog } from "./stage.ts";
import { StallWatch, stallLimitsMs } from "./stall-watch.ts";
import type { TrainerCircumstances } from "./trainer-errors.ts";
import { crash, stall, toldError } from "./trainer-errors.ts";

export interface TrainerSettings {
  /** The trainer's program: `programs/trainer.js` of a build, or `trainer/main.js`. */
  path: string;
  /** All its environment variables; TensorFlow reads some when its library is loaded. */
  variables: Readonly<Record<string, string>>;
  /** Where the process of a sweep's training waits for the next one; absent: none does. */
  spare?: SpareTrainer;
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

const finished = ["trained", "evaluated", "exported", "verified", "out-of-fold"] as const;
type Finished = Extract<TrainerMessage, { type: (typeof finished)[number] }>;

const shownLines = 15;

/**
 * Runs one job in a process of its own and settles only when that process is really gone, however it ends; after a sweep's training, when it
 * has nothing left of it.
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
  readonly #trainer: ForkedTrainer;
  readonly #exited: ForkedTrainer["exited"];
  /** Where the process may wait for another job. */
  readonly #spare: SpareTrainer | null;
  readonly #idle: Promise<null>;
  #onIdle = (): void => {};
  #isKept = false;
  readonly #stallWatch: StallWatch;
  /** Ends the wait between two rungs of the ladder. */
  readonly #gone = new AbortController();
  #last: TrainerMessage | null = null;
  #progress: TrainerProgress | null = null;
  #device: string | null = null;
  #stalledSeconds: number | null = null;

  constructor(job: TrainerJob, { path, variables, limits, spare }: TrainerSettings, watch: TrainerWatch) {
    this.#job = job;
    this.#watch = watch;
    this.#limits = { checkpointMs: 20_000, terminateMs: 5_000, stallMs: stallLimitsMs, ...limits };
    this.#spare = (leavesNothing(job) && spare) || null;
    this.#idle = new Promise((resolve) => (this.#onIdle = () => resolve(null)));
    const listener = { log: watch.log, onMessage: (message: TrainerMessage) => this.#hear(message) };
    const words = [job.runId, job.kind, String(job.attempt)];
    this.#trainer = this.#spare?.take(listener) ?? forkTrainer({ path, variables }, words, listener);
    this.#child = this.#trainer.child;
    this.#exited = this.#trainer.exited.then((end) => {
      this.#gone.abort();
      return end;
    });
    this.#stallWatch = new StallWatch(this.#limits.stallMs, (seconds) => {
      this.#stalledSeconds = seconds;
      void this.#terminate();
    });
    watch.signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#tell({ type: "job", job, stays: this.#spare !== null });
  }

  async result(): Promise<Finished> {
    const isIdle = (await Promise.race([this.#idle, this.#exited])) === null;
    this.#isKept = isIdle && !this.#watch.signal.aborted && this.#stalledSeconds === null;
    if (this.#isKept && this.#last && isFinished(this.#last)) return this.#last;
    const end = await this.#exited;
    if (this.#last && isFinished(this.#last)) return this.#last;
    this.#watch.signal.throwIfAborted();
    const circumstances = this.#circumstances();
    if (this.#stalledSeconds !== null) throw stall(this.#stalledSeconds, circumstances);
    if (end.failedToStart !== null) {
      throw new TrainerCrashed(`The trainer could not be started: ${end.failedToStart.message}`, { cause: end.failedToStart });
    }
    throw this.#last?.type === "failed" ? toldError(this.#last, circumstances) : crash(end, circumstances);
  }

  /** Makes sure that nothing is left. */
  async end(): Promise<void> {
    this.#watch.signal.removeEventListener("abort", this.#onAbort);
    this.#stallWatch.stop();
    if (this.#isKept) return this.#spare?.keep(this.#trainer);
    if (isRunning(this.#child)) this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #hear(message: TrainerMessage): void {
    this.#stallWatch.heard();
    if (message.type === "progress") {
      this.#progress = message.progress;
      this.#stallWatch.heard(message.progress.phase);
      this.#watch.onProgress(message.progress);
    } else if (message.type === "log") {
      if (typeof message.fields["device"] === "string") this.#device = message.fields["device"];
      this.#watch.log[message.level](message.fields, message.message);
    } else if (message.type === "idle") this.#onIdle();
    else this.#last = message;
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
    return { job: this.#job, progress: this.#progress, device: this.#device, lastLines: this.#trainer.output.lines(shownLines) };
  }
}

/** Only of trainings of a sweep, which are many and may be short. Modules of the user's own may keep whatever they like in their process. */
function leavesNothing(job: TrainerJob): boolean {
  if (job.kind !== "train" || !isTrialRun(job.runId)) return false;
  const { model, train } = job;
  return ![model, train.loss, ...(train.callbacks ?? [])].some((part) => isModule(part));
}

function isFinished(message: TrainerMessage): message is Finished {
  return finished.some((type) => type === message.type);
}

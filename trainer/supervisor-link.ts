import { ArtifactCorrupt, PipelineError } from "../ml/errors.ts";
import type { PredictJob, PredictRequest } from "../ml/predict/schema.ts";
import type { TrainerControl, TrainerJob, TrainerMessage, TrainerProgress } from "../ml/train/trainer-messages.ts";
import { trainerControlSchema } from "../ml/train/trainer-messages.ts";
import { StopRequested } from "./context.ts";

const nowhere: TrainerProgress = {
  phase: "starting",
  epoch: 0,
  epochs: 0,
  step: 0,
  steps: 0,
  loss: null,
  accuracy: null,
  imagesPerSecond: null,
  validation: null,
  checkpoint: null,
};

/** The trainer's end of the channel to its supervisor. Without a supervisor there is nobody to compute for: the process ends. */
export class SupervisorLink {
  #progress = nowhere;
  #stopRequested = false;
  readonly #job: Promise<TrainerJob | PredictJob>;
  readonly #requests: PredictRequest[] = [];
  #wakeReader = () => {};

  constructor() {
    process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
    this.#job = new Promise((resolve, reject) => {
      process.on("message", (message) => {
        try {
          this.#take(trainerControlSchema.parse(message), resolve);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** What this process is to do; the first message. */
  get job(): Promise<TrainerJob | PredictJob> {
    return this.#job;
  }

  get stopRequested(): boolean {
    return this.#stopRequested;
  }

  /** Images to answer, in the order they came; at its end when asked to stop and none is left. */
  async *requests(): AsyncIterable<PredictRequest> {
    for (;;) {
      const next = this.#requests.shift();
      if (next) yield next;
      else if (this.#stopRequested) return;
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  report(change: Partial<TrainerProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    void this.send({ type: "progress", progress: this.#progress });
  }

  /** Resolves when the message is on its way. */
  send(message: TrainerMessage): Promise<void> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve();
      // A supervisor that is gone is noticed by `disconnect` and the watchdog, not here.
      else process.send(message, undefined, {}, () => resolve());
    });
  }

  #take(control: TrainerControl, start: (job: TrainerJob | PredictJob) => void): void {
    if (control.type === "job") return start(control.job);
    if (control.type === "predict") this.#requests.push(control);
    else this.#stopRequested = true;
    this.#wakeReader();
  }
}

/** How a job that did not end well is told: stopped as asked, or failed. */
export function endOf(error: unknown): TrainerMessage {
  if (error instanceof StopRequested) return { type: "stopped", checkpoint: error.checkpoint };
  if (!(error instanceof Error)) return { type: "failed", name: "Error", message: String(error), stack: "" };
  const name = error instanceof PipelineError ? error.name : (error.constructor.name ?? error.name);
  return {
    type: "failed",
    name,
    message: error.message,
    stack: error.stack ?? "",
    ...(error instanceof ArtifactCorrupt ? { sha256: error.sha256 } : {}),
  };
}

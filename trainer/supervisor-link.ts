import { ArtifactCorrupt, PipelineError } from "../ml/errors.ts";
import type { PredictRequest } from "../ml/predict/schema.ts";
import type { TrainerControl, TrainerMessage, TrainerProgress } from "../ml/train/trainer-messages.ts";
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

type Order = Extract<TrainerControl, { type: "job" }>;

/** The trainer's end of the channel to its supervisor. Without a supervisor there is nobody to compute for: the process ends. */
export class SupervisorLink {
  #progress = nowhere;
  #stopRequested = false;
  #order = withResolvers<Order>();
  readonly #requests: PredictRequest[] = [];
  #wakeReader = () => {};

  constructor() {
    process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
    process.on("message", (message) => {
      try {
        this.#take(trainerControlSchema.parse(message));
      } catch (error) {
        this.#order.reject(error);
      }
    });
  }

  /** What this process is to do: the first message, or the next one after it was idle. @throws {StopRequested} asked to end instead */
  async nextOrder(): Promise<Order> {
    const order = await this.#order.promise;
    this.#order = withResolvers();
    this.#progress = nowhere;
    return order;
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

  #take(control: TrainerControl): void {
    if (control.type === "job") return this.#order.resolve(control);
    if (control.type === "predict") this.#requests.push(control);
    else {
      this.#stopRequested = true;
      this.#order.reject(new StopRequested(null));
    }
    this.#wakeReader();
  }
}

/** Node has `Promise.withResolvers` from 22 on. */
function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => ([resolve, reject] = [onResolve, onReject]));
  promise.catch(() => undefined); // nobody may be waiting when it is refused
  return { promise, resolve, reject };
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

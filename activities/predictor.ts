import type { ForkedTrainer } from "./fork-trainer.ts";
import { forkTrainer, isRunning } from "./fork-trainer.ts";
import type { StageLog } from "./stage.ts";
import { crash, toldError } from "./trainer-errors.ts";
import type { TrainerSettings } from "./trainer-process.ts";
import { encoderSchema } from "../ml/encode/schema.ts";
import { TrainerCrashed } from "../ml/errors.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import { normalizerSchema } from "../ml/normalize/schema.ts";
import type { PredictJob } from "../ml/predict/schema.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { TrainerControl, TrainerMessage } from "../ml/train/trainer-messages.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { fileOf } from "./model-input.ts";

export interface PredictorOptions {
  artifacts: ArtifactStore;
  trainer: TrainerSettings;
  log: StageLog;
}

interface Waiting {
  resolve: (probabilities: Float32Array) => void;
  reject: (error: Error) => void;
}

const shownLines = 15;
/** From asking it to end to SIGKILL. */
const endWithinMs = 5_000;

/** One model version in a process of its own, which holds TensorFlow, for as long as it is asked. */
export class Predictor {
  readonly #job: PredictJob;
  readonly #trainer: ForkedTrainer;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves with the reason when the process has ended; never before. */
  readonly ended: Promise<Error>;
  #ready = () => {};
  #told: Error | null = null;
  #nextId = 1;
  #device: string | null = null;

  private constructor(job: PredictJob, name: string, { trainer, log }: Omit<PredictorOptions, "artifacts">) {
    this.#job = job;
    this.#trainer = forkTrainer(trainer, ["predict", name], { log, onMessage: (message) => this.#hear(message, log) });
    this.ended = this.#trainer.exited.then((end) => this.#end(end));
    this.#tell({ type: "job", job });
  }

  /**
   * Starts the process and resolves when it has loaded and compiled the model.
   * @throws {TrainerCrashed} or the process' own error where it does not get that far
   */
  static async open(version: ModelVersion, options: PredictorOptions): Promise<Predictor> {
    const job = await predictJob(version, options.artifacts);
    const predictor = new Predictor(job, `${version.name}:${version.version}`, options);
    const ready = new Promise<null>((resolve) => (predictor.#ready = () => resolve(null)));
    const failure = await Promise.race([ready, predictor.ended]);
    if (failure) throw failure;
    return predictor;
  }

  /** Rows that are computed together, at most; fewer take as long. */
  get batchSize(): number {
    return this.#job.batchSize;
  }

  /**
   * @param pixels `[rows, height, width, channels]` in the model's dtype, little-endian
   * @returns `[rows, classes]`
   * @throws {TrainerCrashed} or the process' own error where it ended before it answered
   */
  predict(pixels: Uint8Array, rows: number): Promise<Float32Array> {
    const id = this.#nextId++;
    const answer = new Promise<Float32Array>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    if (isRunning(this.#trainer.child)) this.#tell({ type: "predict", id, rows, pixels });
    else void this.ended.then((error) => this.#waiting.get(id)?.reject(error));
    return answer;
  }

  /** Resolves when the process is gone; what was asked before is answered. */
  async close(): Promise<void> {
    const { child } = this.#trainer;
    this.#tell({ type: "checkpoint-and-stop" });
    const late = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
    await this.ended;
    clearTimeout(late);
  }

  #hear(message: TrainerMessage, log: StageLog): void {
    if (message.type === "ready") this.#ready();
    else if (message.type === "predicted") {
      this.#waiting.get(message.id)?.resolve(message.probabilities);
      this.#waiting.delete(message.id);
    } else if (message.type === "log") {
      if (typeof message.fields["device"] === "string") this.#device = message.fields["device"];
      log[message.level](message.fields, message.message);
    } else if (message.type === "failed") this.#told = toldError(message, this.#circumstances());
  }

  #end(end: Awaited<ForkedTrainer["exited"]>): Error {
    const { failedToStart: cause } = end;
    const error =
      this.#told ??
      (cause
        ? new TrainerCrashed(`The trainer could not be started: ${cause.message}`, { cause })
        : crash(end, this.#circumstances()));
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    return error;
  }

  /** A process that is gone cannot be told anything; its exit says more than a failed send. */
  #tell(control: TrainerControl): void {
    if (this.#trainer.child.connected) this.#trainer.child.send(control, () => undefined);
  }

  #circumstances() {
    return { job: this.#job, progress: null, device: this.#device, lastLines: this.#trainer.output.lines(shownLines) };
  }
}

async function predictJob(version: ModelVersion, artifacts: ArtifactStore): Promise<PredictJob> {
  const [file, normalizer, encoder] = await Promise.all([
    artifacts.getJson(fileOf(version, "model"), modelFileSchema),
    artifacts.getJson(fileOf(version, "normalizer"), normalizerSchema),
    artifacts.getJson(fileOf(version, "encoder"), encoderSchema),
  ]);
  const { batchSize, calibration } = version.signature;
  return {
    kind: "predict",
    input: file.input,
    model: file.layers,
    normalizer,
    encoder,
    weights: fileOf(version, "weights"),
    ...(calibration ? { calibration } : {}),
    batchSize,
  };
}

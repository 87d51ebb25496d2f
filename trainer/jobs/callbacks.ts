import type { CheckpointState } from "../../ml/checkpoint/schema.ts";
import { InvalidConfiguration, ModuleFailed } from "../../ml/errors.ts";
import type { CallbackContext, EpochEnd, JsonValue } from "../../ml/module/definitions.ts";
import type { EpochRecord } from "../../ml/train/schema.ts";
import type { TrainJob } from "../../ml/train/trainer-messages.ts";
import type { LoadedModule } from "../../storage/load-module.ts";
import { loadModule } from "../../storage/load-module.ts";
import type { TrainerContext } from "../context.ts";

type EpochFacts = Omit<EpochEnd<JsonValue>, keyof CallbackContext<JsonValue>>;

/** What all callbacks together say at the end of an epoch. */
export interface EpochAnswers {
  /** For the checkpoint. */
  state: Pick<CheckpointState, "callbacks">;
  /** For the history. */
  record: Pick<EpochRecord, "metrics">;
  stop: boolean;
}

/** The user's own hooks into a training, called one after the other in the order of the pipeline file. */
export class Callbacks {
  readonly #modules: readonly LoadedModule<"callback">[];
  readonly #job: TrainJob;
  readonly #context: TrainerContext;
  #states: JsonValue[];

  private constructor(modules: readonly LoadedModule<"callback">[], job: TrainJob, context: TrainerContext) {
    this.#modules = modules;
    this.#job = job;
    this.#context = context;
    this.#states = modules.map(({ definition }) => structuredClone(definition.initialState ?? null));
  }

  /** @throws {ModuleFailed} */
  static async load(job: TrainJob, context: TrainerContext): Promise<Callbacks> {
    const modules: LoadedModule<"callback">[] = [];
    for (const reference of job.train.callbacks ?? []) modules.push(await loadModule("callback", reference, context.artifacts));
    return new Callbacks(modules, job, context);
  }

  /** @param states from a checkpoint; undefined at the very start */
  async trainBegin(states: readonly JsonValue[] | undefined, epoch: number): Promise<void> {
    if (states) this.#states = [...structuredClone(states)];
    for (const [i, { definition, call }] of this.#modules.entries())
      await call("onTrainBegin", () => definition.onTrainBegin?.({ ...this.#contextOf(i), epoch }));
  }

  async epochBegin(epoch: number): Promise<void> {
    for (const [i, { definition, call }] of this.#modules.entries())
      await call("onEpochBegin", () => definition.onEpochBegin?.({ ...this.#contextOf(i), epoch }));
  }

  async epochEnd(facts: EpochFacts): Promise<EpochAnswers> {
    if (this.#modules.length === 0) return { state: {}, record: {}, stop: false };
    const metrics: Record<string, number> = {};
    let stop = false;
    for (const [i, { file, definition, call }] of this.#modules.entries()) {
      const answer = (await call("onEpochEnd", async () => definition.onEpochEnd?.({ ...this.#contextOf(i), ...facts }))) ?? {};
      if (answer.state !== undefined) this.#states[i] = jsonOf(file, answer.state);
      for (const [name, value] of Object.entries(answer.metrics ?? {}))
        metrics[name] = checkedMetric({ file, name, value, metrics });
      stop ||= answer.stop === true;
    }
    return { state: { callbacks: structuredClone(this.#states) }, record: { metrics }, stop };
  }

  async trainEnd(epoch: number, bestEpoch: number): Promise<void> {
    for (const [i, { definition, call }] of this.#modules.entries())
      await call("onTrainEnd", () => definition.onTrainEnd?.({ ...this.#contextOf(i), epoch, bestEpoch }));
  }

  #contextOf(i: number): CallbackContext<JsonValue> {
    const { file } = this.#modules[i]!;
    return {
      state: structuredClone(this.#states[i]!),
      epochs: this.#job.train.epochs,
      classes: this.#job.encoder.classes,
      log: (message, fields = {}) => this.#context.log("info", message, { ...fields, callback: file }),
    };
  }
}

/** A copy as a checkpoint will have it, so that a resumed training meets the very same. */
function jsonOf(file: string, state: JsonValue): JsonValue {
  const text = JSON.stringify(state) as string | undefined;
  if (text === undefined) throw new ModuleFailed(`${file}: a state must be JSON; received ${typeof state}`);
  return JSON.parse(text) as JsonValue;
}

function checkedMetric({ file, name, value, metrics }: { file: string; name: string; value: number; metrics: object }): number {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new ModuleFailed(`${file}: the metric ${name} must be a finite number; received ${String(value)}`);
  if (name in metrics)
    throw new InvalidConfiguration(`${file}: the metric ${name} is given by an earlier callback too; rename one`);
  return value;
}

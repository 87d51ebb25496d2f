import * as tf from "@tensorflow/tfjs";

import type { NetworkWeight } from "../../ml/model/build-network.ts";
import { networkInput } from "./batch-input.ts";
import { pixelTensor, readBatch, withPartners } from "./batch-tensors.ts";
import { computeGradients } from "./compute-gradients.ts";
import { EagerTotals } from "./eager-totals.ts";
import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { disposeContext, type EngineContext } from "./engine-context.ts";
import { exportSavedModel } from "./graph/export-saved-model.ts";
import { runEpoch } from "./epoch-loop.ts";
import { eagerSink } from "./op-sink.ts";
import { applyOptimizer, slotName, slotsOf } from "./optimizers.ts";
import { inPaddedBatches } from "./row-batches.ts";
import { ResourceVariable } from "./resource-variables.ts";
import { checkShapes } from "./state-check.ts";
import { explained } from "./tensorflow-failure.ts";

interface TrainedWeight {
  weight: NetworkWeight;
  resource: ResourceVariable;
  slots: { name: string; initial: number; resource: ResourceVariable }[];
}

/** Runs every op of a step on its own: the fallback for what cannot be compiled, and what compiled steps are compared with. */
export class EagerEngine implements Engine {
  readonly kind = "eager";
  readonly fallbackReason: string | null;
  readonly #context: EngineContext;
  readonly #totals = new EagerTotals();
  #trained: TrainedWeight[] | null = null;
  #step = 0;

  constructor(context: EngineContext, fallbackReason: string | null = null) {
    this.#context = context;
    this.fallbackReason = fallbackReason;
  }

  get network() {
    return this.#context.description;
  }

  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    const { train } = this.#context.options;
    return runEpoch({
      request,
      batchSize: train.batchSize,
      totals: this.#totals,
      stepsPerCall: () => 1,
      run: ([rows], _, [learningRate]) => this.#trainStep(rows!, request, learningRate!),
    });
  }

  async #trainStep(own: Int32Array, request: EpochRequest, learningRate: number): Promise<void> {
    const rows = withPartners(this.#context.options, own, request);
    const batch = await readBatch(this.#context.options, rows, request.epoch, this.#step);
    const step = explained(`a step of ${rows.length} images`, () =>
      computeGradients(this.#context.network, batch.tensors, this.#context.recipe),
    );
    const trained = this.#trainedWeights();
    tf.tidy(() => {
      const parameters = trained.map(({ resource, slots }, index) => ({
        variable: resource.handle,
        slots: slots.map((slot) => slot.resource.handle),
        gradient: step.gradients[index]!.value,
      }));
      const scalars = { step: batch.tensors.step, learningRate: tf.scalar(learningRate) };
      applyOptimizer(eagerSink, this.#context.options.train.optimizer, parameters, scalars);
      for (const { weight, resource } of trained) weight.variable.assign(resource.read());
      for (const { variable, value } of step.updates) variable.assign(value);
    });
    this.#totals.add({ steps: [step], rows: own.length });
    tf.dispose([step.loss, step.correct, step.gradients.map(({ value }) => value), step.updates.map(({ value }) => value)]);
    batch.dispose();
    this.#step++;
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    const { network, options, recipe, description } = this.#context;
    return inPaddedBatches(rows, description.evaluationBatchSize, async (batch) => {
      const pixels = pixelTensor(options.data, await options.data.read(batch), batch.length);
      const output = tf.tidy(() => network.model.apply(networkInput(pixels, null, recipe), { training: false }) as tf.Tensor);
      const values = output.dataSync() as Float32Array;
      tf.dispose([pixels, output]);
      return values;
    });
  }

  async state(): Promise<EngineState> {
    const variables: EngineState["variables"] = new Map();
    const add = (name: string, tensor: tf.Tensor) =>
      variables.set(name, { shape: tensor.shape, values: (tensor.dataSync() as Float32Array).slice() });
    for (const { name, variable } of this.#context.network.weights) add(name, variable);
    for (const { weight, slots } of this.#trainedWeights()) {
      for (const slot of slots) {
        const value = slot.resource.read();
        add(slotName(weight.name, slot.name), value);
        value.dispose();
      }
    }
    return { step: this.#step, variables };
  }

  async restore(state: EngineState): Promise<void> {
    checkShapes(state, this.#context);
    this.#disposeTrained();
    tf.tidy(() => {
      for (const { name, variable } of this.#context.network.weights) {
        variable.assign(tf.tensor(state.variables.get(name)!.values.slice(), variable.shape));
      }
    });
    const trained = this.#trainedWeights(); // made of the weights just assigned
    tf.tidy(() => {
      for (const { weight, slots } of trained) {
        for (const slot of slots) {
          const stored = state.variables.get(slotName(weight.name, slot.name));
          if (stored !== undefined) slot.resource.assign(tf.tensor(stored.values.slice(), weight.variable.shape));
        }
      }
    });
    this.#step = state.step;
  }

  async savedModel(): Promise<Uint8Array> {
    return exportSavedModel(this.#context, await this.state());
  }

  dispose(): void {
    this.#totals.dispose();
    this.#disposeTrained();
    disposeContext(this.#context);
  }

  /** Made on first use: evaluation needs no optimizer. */
  #trainedWeights(): TrainedWeight[] {
    this.#trained ??= this.#context.network.weights
      .filter((weight) => weight.trainable)
      .map((weight) => ({
        weight,
        resource: new ResourceVariable(weight.variable),
        slots: slotsOf(this.#context.options.train.optimizer).map((slot) => {
          const initial = tf.fill(weight.variable.shape, slot.initial);
          const resource = new ResourceVariable(initial);
          initial.dispose();
          return { ...slot, resource };
        }),
      }));
    return this.#trained;
  }

  #disposeTrained(): void {
    for (const { resource, slots } of this.#trained ?? []) {
      resource.dispose();
      for (const slot of slots) slot.resource.dispose();
    }
    this.#trained = null;
  }
}

import { concatenate } from "../../ml/concatenate.ts";
import { dataTypes } from "../runtime/node-backend.ts";
import { drawWidth, labelsOf, pixelBytes, rowDraws, rowsEach, withPartners } from "./batch-tensors.ts";
import { disposeContext, type EngineContext } from "./engine-context.ts";
import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { runEpoch } from "./epoch-loop.ts";
import { firstState } from "./first-state.ts";
import { stepNode } from "./graph/compile.ts";
import { compilePlan } from "./graph/compile-plan.ts";
import { fedNodes } from "./graph/data-source.ts";
import { exportSavedModel } from "./graph/export-saved-model.ts";
import { LoadedGraph } from "./graph/loaded-graph.ts";
import { pixelShape } from "./graph/record-step.ts";
import type { Feed } from "./graph/session.ts";
import type { TrainPart } from "./graph/train-graph.ts";
import { inPaddedBatches } from "./row-batches.ts";
import { PixelReader } from "./pixel-reader.ts";
import { checkShapes } from "./state-check.ts";

/** Runs recorded steps as one TensorFlow graph, many ops and where it pays many steps a call, with all variables in its session. */
export class GraphEngine implements Engine {
  readonly kind = "graph";
  readonly fallbackReason = null;
  readonly #context: EngineContext;
  readonly #reader: PixelReader;
  #loaded: LoadedGraph | null = null;
  /** Variables that no session holds yet. */
  #pending: EngineState["variables"];
  #step = 0;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#reader = new PixelReader(context.options.data);
    this.#pending = firstState(context).variables;
  }

  get network() {
    return this.#context.description;
  }

  /** @throws {NotCompilable} before anything is changed, if a step cannot be written as a graph */
  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    const { batchSize } = this.#context.options.train;
    const loaded = await this.#load(request.order.length);
    const { trainParts } = loaded.graph;
    const many = Math.max(...trainParts.map(({ steps }) => steps));
    const fullBatches = Math.floor(request.order.length / batchSize);
    return runEpoch({
      request,
      batchSize,
      totals: loaded,
      stepsPerCall: (step) => (step % many === 0 && step + many <= fullBatches ? many : 1),
      run: async (batches, upcoming, rates) => {
        const part = trainParts.find((one) => one.batchSize === batches[0]!.length && one.steps === batches.length)!;
        const read = (batch: Int32Array) => withPartners(this.#context.options, batch, request);
        const rows = concatenate(batches.map(read), Int32Array);
        await this.#runPart(loaded, part, { rows, upcoming: upcoming && read(upcoming), rates, epoch: request.epoch });
      },
    });
  }

  async #runPart(
    loaded: LoadedGraph,
    part: TrainPart,
    { rows, upcoming, rates, epoch }: { rows: Int32Array; upcoming: Int32Array | null; rates: Float32Array; epoch: number },
  ): Promise<void> {
    const { options } = this.#context;
    const feeds: Feed[] = [
      { name: stepNode, dtype: dataTypes.int32, shape: [], values: Int32Array.of(this.#step) },
      { name: part.learningRates, dtype: dataTypes.float, shape: [part.steps], values: rates },
    ];
    const rowsRead = part.batchSize * rowsEach(options);
    if (part.draws !== null) {
      const values = rowDraws(options, rows, epoch);
      feeds.push({ name: part.draws, dtype: dataTypes.float, shape: [part.steps, rowsRead, drawWidth(options)], values });
    }
    if (loaded.plan.resident) {
      feeds.push({ name: part.rows, dtype: dataTypes.int32, shape: [part.steps, rowsRead], values: rows });
    } else {
      const { pixels, labels } = fedNodes(rowsRead);
      feeds.push(await this.#pixelFeed(pixels, rows, upcoming));
      feeds.push({ name: labels, dtype: dataTypes.int32, shape: [rows.length], values: labelsOf(options.data, rows) });
    }
    loaded.run(`a step of ${part.batchSize} images`, feeds, part.done);
    this.#step += part.steps;
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    const loaded = await this.#load(null);
    const { batchSize, rows: rowsName, output, pixels } = loaded.graph.logits;
    return inPaddedBatches(rows, batchSize, async (batch, upcoming) => {
      const feed =
        pixels === null
          ? { name: rowsName, dtype: dataTypes.int32, shape: [batchSize], values: batch }
          : await this.#pixelFeed(pixels, batch, upcoming);
      return loaded.run(`the outputs of ${batchSize} images`, [feed], output) as Float32Array;
    });
  }

  async state(): Promise<EngineState> {
    return { step: this.#step, variables: new Map([...(this.#loaded?.variables() ?? []), ...this.#pending]) };
  }

  async restore(state: EngineState): Promise<void> {
    checkShapes(state, this.#context);
    this.#step = state.step;
    this.#pending = new Map([...firstState(this.#context).variables, ...state.variables]);
    this.#loaded?.assign(this.#pending);
    this.#dropLoaded();
  }

  async savedModel(): Promise<Uint8Array> {
    return exportSavedModel(this.#context, await this.state());
  }

  dispose(): void {
    this.release();
    disposeContext(this.#context);
  }

  /** Frees the session and keeps the network, for another engine to go on with. */
  release(): void {
    this.#loaded?.dispose();
    this.#loaded = null;
  }

  /** Compiles on first use, and again when an epoch needs a batch size that the graph does not have. */
  async #load(trainRows: number | null): Promise<LoadedGraph> {
    const plan = compilePlan(this.#context, trainRows);
    const loaded = this.#loaded;
    if (loaded !== null && plan.batchSizes.every((size) => loaded.plan.batchSizes.includes(size))) return loaded;
    this.#pending = (await this.state()).variables;
    const next = new LoadedGraph(this.#context, plan, this.#pending);
    this.#loaded?.dispose();
    this.#loaded = next;
    this.#dropLoaded();
    if (plan.resident) await next.loadData(this.#context.options.data);
    return next;
  }

  /** What the session holds need not be held here. */
  #dropLoaded(): void {
    for (const { name } of this.#loaded?.graph.variables ?? []) this.#pending.delete(name);
  }

  async #pixelFeed(name: string, rows: Int32Array, upcoming: Int32Array | null): Promise<Feed> {
    const values = pixelBytes(await this.#reader.read(rows, upcoming));
    return { name, dtype: dataTypes.uint8, shape: pixelShape(this.#context.options.data, rows.length), values };
  }
}

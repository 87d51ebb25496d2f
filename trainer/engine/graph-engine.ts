import { totalmem } from "node:os";

import { dataTypes } from "../runtime/node-backend.ts";
import { labelsOf, rowTransforms } from "./batch-tensors.ts";
import { disposeContext, type EngineContext } from "./engine-context.ts";
import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { exportSavedModel } from "./graph/export-saved-model.ts";
import { runEpoch, type StepResult } from "./epoch-loop.ts";
import { compileGraph, scalarNodes, type CompiledGraph, type CompilePlan } from "./graph/compile.ts";
import { dataNodes, fedNodes } from "./graph/data-source.ts";
import { pixelShape } from "./graph/record-step.ts";
import { NotCompilable } from "./graph/recorder.ts";
import { GraphSession, type Feed } from "./graph/session.ts";
import { stepsPerCall } from "./graph/steps-per-call.ts";
import type { TrainPart } from "./graph/train-graph.ts";
import { stateNodes } from "./graph/variables.ts";
import { firstState } from "./first-state.ts";
import { paddedRows } from "./padded-rows.ts";
import { PixelReader } from "./pixel-reader.ts";
import { checkShapes } from "./state-check.ts";
import { explained } from "./tensorflow-failure.ts";

interface Loaded {
  session: GraphSession;
  graph: CompiledGraph;
  plan: CompilePlan;
}

/** Runs recorded steps as one TensorFlow graph, many ops and where it pays many steps a call, with all variables in its session. */
export class GraphEngine implements Engine {
  readonly kind = "graph";
  readonly fallbackReason = null;
  readonly #context: EngineContext;
  readonly #reader: PixelReader;
  readonly #proven = new Set<string>();
  #loaded: Loaded | null = null;
  /** What the session holds, or is to hold once there is one. */
  #pending: EngineState;
  #step = 0;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#reader = new PixelReader(context.options.data);
    this.#pending = firstState(context);
  }

  get network() {
    return this.#context.description;
  }

  /** @throws {NotCompilable} before anything is changed, if a step cannot be written as a graph */
  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    const { batchSize } = this.#context.options.train;
    const { graph, session } = await this.#load(request.order.length);
    const many = Math.max(...graph.trainParts.map(({ steps }) => steps));
    const fullBatches = Math.floor(request.order.length / batchSize);
    return runEpoch({
      request,
      batchSize,
      stepsPerCall: (step) => (step % many === 0 && step + many <= fullBatches ? many : 1),
      run: async (batches, upcoming) => {
        const part = graph.trainParts.find((one) => one.batchSize === batches[0]!.length && one.steps === batches.length)!;
        return this.#runPart(session, part, { batches, upcoming, request });
      },
    });
  }

  async #runPart(
    session: GraphSession,
    part: TrainPart,
    { batches, upcoming, request }: { batches: Int32Array[]; upcoming: Int32Array | null; request: EpochRequest },
  ): Promise<StepResult[]> {
    const rows = concatRows(batches);
    const { options } = this.#context;
    const feeds: Feed[] = [
      { name: scalarNodes.step, dtype: dataTypes.int32, shape: [], values: Int32Array.of(this.#step) },
      { name: scalarNodes.learningRate, dtype: dataTypes.float, shape: [], values: Float32Array.of(request.learningRate) },
    ];
    if (part.transforms !== null) {
      const values = rowTransforms(options, rows, request.epoch);
      feeds.push({ name: part.transforms, dtype: dataTypes.float, shape: [part.steps, part.batchSize, 8], values });
    }
    if (this.#loaded!.plan.resident) {
      feeds.push({ name: part.rows, dtype: dataTypes.int32, shape: [part.steps, part.batchSize], values: rows });
    } else {
      const { pixels, labels } = fedNodes(part.batchSize);
      feeds.push(await this.#pixelFeed(pixels, rows, upcoming));
      const values = labelsOf(options.data, rows);
      feeds.push({ name: labels, dtype: dataTypes.int32, shape: [rows.length], values });
    }
    const [output] = explained(`a step of ${part.batchSize} images`, () =>
      this.#runFirst(part.output, () => session.run(feeds, [part.output])),
    );
    this.#step += part.steps;
    return batches.map((_, i) => ({ loss: output![2 * i]!, correct: output![2 * i + 1]! }));
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    const { graph, session, plan } = await this.#load(null);
    const { batchSize, rows: rowsName, output, pixels } = graph.logits;
    const { outputs } = this.#context.network;
    const logits = new Float32Array(rows.length * outputs);
    for (let start = 0; start < rows.length; start += batchSize) {
      const padded = paddedRows(rows, start, batchSize);
      const next = start + batchSize < rows.length ? paddedRows(rows, start + batchSize, batchSize) : null;
      const feed = plan.resident
        ? { name: rowsName, dtype: dataTypes.int32, shape: [batchSize], values: padded }
        : await this.#pixelFeed(pixels!, padded, next);
      const [values] = explained(`the outputs of ${batchSize} images`, () =>
        this.#runFirst(output, () => session.run([feed], [output])),
      );
      const wanted = Math.min(batchSize, rows.length - start) * outputs;
      logits.set(values!.subarray(0, wanted), start * outputs);
    }
    return logits;
  }

  /** TensorFlow looks for kernels and plans when a part first runs; what it refuses then has changed nothing yet. */
  #runFirst<T>(part: string, run: () => T): T {
    if (this.#proven.has(part)) return run();
    try {
      const result = run();
      this.#proven.add(part);
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!refusals.test(message)) throw error;
      throw new NotCompilable(message, { cause: error });
    }
  }

  async state(): Promise<EngineState> {
    if (this.#loaded === null) return this.#pending;
    const { graph, session } = this.#loaded;
    const variables: EngineState["variables"] = new Map();
    const values = session.run(
      [],
      graph.variables.map((_, index) => stateNodes.output(index)),
    );
    for (const [index, { name, shape }] of graph.variables.entries()) {
      variables.set(name, { shape, values: values[index] as Float32Array });
    }
    return { step: this.#step, variables: withMissing(variables, this.#pending) };
  }

  async restore(state: EngineState): Promise<void> {
    checkShapes(state, this.#context);
    const first = firstState(this.#context);
    this.#pending = { step: state.step, variables: withMissing(new Map(state.variables), first) };
    this.#step = state.step;
    if (this.#loaded !== null) restoreInto(this.#loaded, this.#pending);
  }

  async savedModel(): Promise<Uint8Array> {
    return exportSavedModel(this.#context, await this.state());
  }

  dispose(): void {
    this.#loaded?.session.dispose();
    this.#loaded = null;
    disposeContext(this.#context);
  }

  /** Compiles on first use, and again when an epoch needs a batch size that the graph does not have. */
  async #load(trainRows: number | null): Promise<Loaded> {
    const plan = this.#plan(trainRows);
    if (this.#loaded !== null && plan.batchSizes.every((size) => this.#loaded!.plan.batchSizes.includes(size)))
      return this.#loaded;
    this.#pending = await this.state();
    const graph = compileGraph(this.#context, plan);
    const session = loadGraph(graph);
    this.#loaded?.session.dispose();
    this.#loaded = { session, graph, plan };
    restoreInto(this.#loaded, this.#pending);
    if (plan.resident) await this.#loadData(session);
    return this.#loaded;
  }

  #plan(trainRows: number | null): CompilePlan {
    const { options, network } = this.#context;
    const { batchSize } = options.train;
    const resident = isResident(options);
    const sizes = trainRows === null ? [] : [Math.min(batchSize, trainRows), trainRows % batchSize].filter((size) => size > 0);
    const batchSizes = [...new Set(sizes)];
    const many = resident && trainRows !== null && trainRows > batchSize ? stepsPerCall(network, batchSize) : 1;
    return { batchSizes, resident, stepsPerCall: Math.min(many, Math.floor((trainRows ?? 0) / batchSize)) };
  }

  async #loadData(session: GraphSession): Promise<void> {
    const { data } = this.#context.options;
    const pixels = asBytes(await data.read(Int32Array.from({ length: data.rowCount }, (_, row) => row)));
    const shape = pixelShape(data, data.rowCount);
    session.run(
      [
        { name: dataNodes.pixels, dtype: dataTypes.uint8, shape, values: pixels },
        { name: dataNodes.labels, dtype: dataTypes.int32, shape: [data.rowCount], values: data.labels },
      ],
      [dataNodes.loaded],
    );
  }

  async #pixelFeed(name: string, rows: Int32Array, upcoming: Int32Array | null): Promise<Feed> {
    const values = asBytes(await this.#reader.read(rows, upcoming));
    return { name, dtype: dataTypes.uint8, shape: pixelShape(this.#context.options.data, rows.length), values };
  }
}

const largestResidentBytes = 2 ** 31;

/** TensorFlow's words for a graph it cannot run, as opposed to one that failed. */
const refusals = /No OpKernel|not registered|Cannot assign a device|No registered '|Unsupported/;

function isResident({ data, residentBytes }: EngineContext["options"]): boolean {
  const bytes = data.rowCount * data.height * data.width * data.channels * (data.dtype === "uint16" ? 2 : 1);
  return bytes <= (residentBytes ?? Math.min(largestResidentBytes, totalmem() / 4));
}

function loadGraph(graph: CompiledGraph): GraphSession {
  try {
    return new GraphSession(graph.savedModel);
  } catch (error) {
    throw new NotCompilable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function restoreInto({ session, graph }: Loaded, state: EngineState): void {
  const feeds = graph.variables.map(({ name, shape }, index) => {
    const { values } = state.variables.get(name)!;
    return { name: stateNodes.input(index), dtype: dataTypes.float, shape, values };
  });
  session.run(feeds, [stateNodes.restored]);
}

function withMissing(variables: EngineState["variables"], from: EngineState): EngineState["variables"] {
  for (const [name, value] of from.variables) if (!variables.has(name)) variables.set(name, value);
  return variables;
}

function concatRows(batches: Int32Array[]): Int32Array {
  if (batches.length === 1) return batches[0]!;
  const rows = new Int32Array(batches.reduce((sum, batch) => sum + batch.length, 0));
  let offset = 0;
  for (const batch of batches) {
    rows.set(batch, offset);
    offset += batch.length;
  }
  return rows;
}

function asBytes(pixels: Uint8Array | Uint16Array): Uint8Array {
  return pixels instanceof Uint8Array ? pixels : new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}

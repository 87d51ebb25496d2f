import { dataTypes, type TensorValues } from "../../runtime/node-backend.ts";
import { pixelBytes } from "../batch-tensors.ts";
import type { EngineContext } from "../engine-context.ts";
import { bitsOf, bitsShape, readTotals, type ReadTotals } from "../device-totals.ts";
import type { EngineData, EngineState, RunningTotals } from "../engine.ts";
import type { EpochTotals } from "../epoch-loop.ts";
import { explained } from "../tensorflow-failure.ts";
import { compileGraph, type CompiledGraph, type CompilePlan } from "./compile.ts";
import { dataNodes, whiteningNodes } from "./data-source.ts";
import { pixelShape } from "./record-step.ts";
import { NotCompilable } from "./recorder.ts";
import { GraphSession, type Feed } from "./session.ts";
import { totalsNodes } from "./totals-nodes.ts";
import { stateNodes } from "./variables.ts";

/** TensorFlow's words for a graph it cannot run, as opposed to one that failed. */
const refusals = /No OpKernel|not registered|Cannot assign a device|No registered '|Unsupported/;

/** A compiled graph in its session, with values for all its variables, and the totals of an epoch that is trained in it. */
export class LoadedGraph implements EpochTotals {
  readonly graph: CompiledGraph;
  readonly plan: CompilePlan;
  readonly #session: GraphSession;
  readonly #proven = new Set<string>();

  /** @throws {NotCompilable} if a step cannot be written as a graph, or TensorFlow does not take it */
  constructor(context: EngineContext, plan: CompilePlan, variables: EngineState["variables"]) {
    this.plan = plan;
    this.graph = context.options.graphs?.graphFor(context, plan) ?? compileGraph(context, plan);
    this.#session = refusable(/./, () => new GraphSession(this.graph.savedModel));
    this.assign(variables);
    this.#loadWhitening(context);
  }

  /**
   * Runs one part. TensorFlow looks for kernels and plans when a part first runs; what it refuses then has changed nothing yet.
   * @param what the part, for messages
   * @throws {NotCompilable} if TensorFlow has no kernel for a part
   * @throws {TrainerCrashed} if memory ran out
   */
  run(what: string, feeds: readonly Feed[], output: string): TensorValues {
    const run = () => this.#session.run(feeds, [output])[0]!;
    if (this.#proven.has(output)) return explained(what, run);
    const result = explained(what, () => refusable(refusals, run));
    this.#proven.add(output);
    return result;
  }

  variables(): EngineState["variables"] {
    const outputs = this.graph.variables.map((_, index) => stateNodes.output(index));
    const values = this.#session.run([], outputs) as Float32Array[];
    return new Map(this.graph.variables.map(({ name, shape }, index) => [name, { shape, values: values[index]! }]));
  }

  assign(variables: EngineState["variables"]): void {
    const feeds = this.graph.variables.map(({ name, shape }, index) => {
      const { values } = variables.get(name)!;
      return { name: stateNodes.input(index), dtype: dataTypes.float, shape, values };
    });
    this.#session.run(feeds, [stateNodes.restored]);
  }

  begin(totals: RunningTotals): void {
    const feed = { name: totalsNodes.bits, dtype: dataTypes.int32, shape: bitsShape, values: bitsOf(totals) };
    this.#session.run([feed], [totalsNodes.begun]);
  }

  read(): ReadTotals {
    const [bits, loss] = this.#session.run([], [totalsNodes.readBits, totalsNodes.readLoss]);
    return readTotals(bits as Int32Array, loss![0]!);
  }

  /** Puts all pixels and labels on the device, for a plan with resident data. */
  async loadData(data: EngineData): Promise<void> {
    const pixels = pixelBytes(await data.read(Int32Array.from({ length: data.rowCount }, (_, row) => row)));
    const shape = pixelShape(data, data.rowCount);
    this.#session.run(
      [
        { name: dataNodes.pixels, dtype: dataTypes.uint8, shape, values: pixels },
        { name: dataNodes.labels, dtype: dataTypes.int32, shape: [data.rowCount], values: data.labels },
      ],
      [dataNodes.loaded],
    );
  }

  #loadWhitening({ recipe: { whitening }, options }: EngineContext): void {
    if (whitening === null || !options.whitening) return;
    const feed = { name: whiteningNodes.matrix, dtype: dataTypes.float, shape: whitening.shape, values: options.whitening };
    this.#session.run([feed], [whiteningNodes.loaded]);
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function refusable<T>(words: RegExp, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!words.test(message)) throw error;
    throw new NotCompilable(message, { cause: error });
  }
}

import { dataTypes } from "../../runtime/node-backend.ts";
import { drawWidth, rowsEach } from "../batch-tensors.ts";
import type { DeviceTotals } from "../device-totals.ts";
import type { EngineContext } from "../engine-context.ts";
import { applyOptimizer, slotName, slotsOf } from "../optimizers.ts";
import type { PixelSource } from "./data-source.ts";
import { emitRecording, RecordedConstants } from "./emit-recording.ts";
import { GraphSink, nodeOf, outputsOf, type Edge, type GraphBuilder } from "./graph-builder.ts";
import type { RecordedStep } from "./record-step.ts";
import { tensorId } from "./recorder.ts";
import { addToTotals } from "./totals-nodes.ts";
import type { GraphVariable } from "./variables.ts";

/** What all training parts of a graph share. */
export interface TrainGraph {
  builder: GraphBuilder;
  context: EngineContext;
  variables: Map<string, GraphVariable>;
  /** Edges of the context's constants by tensor number. */
  constants: Map<number, Edge>;
  pixels: PixelSource;
  /** Placeholder: optimizer steps taken before. */
  step: Edge;
  /** Handles of the epoch's totals. */
  totals: DeviceTotals<Edge>;
}

/** Placeholders of a part that takes `steps` steps of one batch size. */
export interface TrainPart {
  batchSize: number;
  steps: number;
  /** int32 `[steps, rows read]`: rows of the data, used where pixels are not fed. */
  rows: string;
  /** float32 `[steps, rows read, numbers]`, or null without augmentation. */
  draws: string | null;
  /** float32 `[steps]`. */
  learningRates: string;
  /** Fetched to take the steps. */
  done: string;
}

/** Adds `steps` copies of a recorded step, each after the one before, with the optimizer's updates and what each adds to the epoch's totals. */
export function addTrainPart(graph: TrainGraph, step: RecordedStep, steps: number): TrainPart {
  const { builder, context } = graph;
  const name = `train-${step.batchSize}x${steps}`;
  const rowsRead = step.batchSize * rowsEach(context.options);
  const rows = builder.placeholder(`${name}/rows`, dataTypes.int32, [steps, rowsRead]);
  const draws = context.options.augmentation.enabled
    ? builder.placeholder(`${name}/draws`, dataTypes.float, [steps, rowsRead, drawWidth(context.options)])
    : null;
  const learningRates = builder.placeholder(`${name}/learningRates`, dataTypes.float, [steps]);
  const ratesOf = unpack(builder, learningRates, "float", steps);
  const rowsOf = unpack(builder, rows, "int32", steps);
  const drawsOf = draws === null ? [] : unpack(builder, draws, "float", steps);
  const constants = new RecordedConstants(builder, step.recording);
  const taken: ReturnType<typeof addStep>[] = [];
  for (let i = 0; i < steps; i++) {
    const inputs = { rows: rowsOf[i]!, draws: drawsOf[i] ?? null, learningRate: ratesOf[i]!, index: i };
    const after = taken.slice(-1).map(({ barrier }) => barrier);
    taken.push(addStep(graph, step, constants, { ...inputs, after }));
  }
  const counted = addToTotals(builder, graph.totals, { steps: taken, rows: step.batchSize });
  const done = builder.signal(`${name}/done`, [taken.at(-1)!.barrier, ...counted]);
  return { batchSize: step.batchSize, steps, rows, draws, learningRates, done };
}

function addStep(
  graph: TrainGraph,
  step: RecordedStep,
  constants: RecordedConstants,
  {
    rows,
    draws,
    learningRate,
    index,
    after,
  }: { rows: Edge; draws: Edge | null; learningRate: Edge; index: number; after: string[] },
): { loss: Edge; correct: Edge; barrier: string } {
  const { builder, context } = graph;
  const time =
    index === 0 ? graph.step : builder.add("AddV2", { T: { type: "int32" } }, [graph.step, builder.scalar(index, "int32")]);
  const sources = new Map(graph.constants);
  sources.set(step.inputs.pixels, graph.pixels.pixels(builder, rows));
  sources.set(step.inputs.labels, graph.pixels.labels(builder, rows));
  sources.set(step.inputs.step, time);
  if (draws !== null && step.inputs.draws !== null) sources.set(step.inputs.draws, draws);
  for (const { name, variable } of context.network.weights) {
    const { handle } = graph.variables.get(name)!;
    sources.set(tensorId(variable), builder.add("ReadVariableOp", { dtype: { type: "float" } }, [handle], { after }));
  }
  const wanted = [step.loss, step.correct, ...[...step.gradients, ...step.updates].map(({ id }) => id)];
  const [loss, correct, ...values] = emitRecording(builder, step.recording, {
    constants,
    sources,
    wanted,
    keepsOrder: nodeOf(learningRate),
  });
  const computed = [builder.barrier("computed", [loss!, correct!, ...values].map(nodeOf))];
  const sink = new GraphSink(builder, computed);
  const { optimizer } = context.options.train;
  const parameters = step.gradients.map(({ weight }, i) => ({
    variable: graph.variables.get(weight.name)!.handle,
    slots: slotsOf(optimizer).map((slot) => graph.variables.get(slotName(weight.name, slot.name))!.handle),
    gradient: values[i]!,
  }));
  applyOptimizer(sink, optimizer, parameters, { step: time, learningRate });
  for (const [i, { weight }] of step.updates.entries()) {
    const inputs = [graph.variables.get(weight.name)!.handle, values[step.gradients.length + i]!];
    sink.execute("AssignVariableOp", { dtype: { type: "float" } }, inputs, 0);
  }
  return { loss: loss!, correct: correct!, barrier: builder.barrier("done", sink.effects) };
}

function unpack(builder: GraphBuilder, edge: Edge, type: "int32" | "float", count: number): Edge[] {
  return outputsOf(builder.add("Unpack", { T: { type }, num: { int: count }, axis: { int: 0 } }, [edge]), count);
}

import type * as tf from "@tensorflow/tfjs";

import { dataTypes, nodeBackend } from "../../runtime/node-backend.ts";
import { rowsEach } from "../batch-tensors.ts";
import type { EngineContext } from "../engine-context.ts";
import { addWhitening, fedSource, residentSource, type PixelSource } from "./data-source.ts";
import { inAnyBatchSize } from "./any-batch-size.ts";
import { emitRecording, RecordedConstants } from "./emit-recording.ts";
import { GraphBuilder, type Edge } from "./graph-builder.ts";
import { recordLogits, recordStep, type RecordedLogits } from "./record-step.ts";
import { tensorId } from "./recorder.ts";
import { encodeSavedModel } from "./saved-model.ts";
import { addTotals } from "./totals-nodes.ts";
import { addTrainPart, type TrainGraph, type TrainPart } from "./train-graph.ts";
import { addStateAccess, addVariables, type GraphVariable } from "./variables.ts";

export interface CompilePlan {
  /** Rows of a step and of an epoch's last step; empty to evaluate only. */
  batchSizes: number[];
  /** Steps a call of the first batch size may take at once, besides one. */
  stepsPerCall: number;
  /** Whether the pixels live on the device. */
  resident: boolean;
}

/** A graph's bytes and the names of what can be run in it. */
export interface CompiledGraph {
  savedModel: Uint8Array;
  variables: GraphVariable[];
  trainParts: TrainPart[];
  logits: { batchSize: number; rows: string; pixels: string | null; output: string };
  nodeCount: number;
}

/** The placeholder that every training part reads: optimizer steps taken before. */
export const stepNode = "step";

/**
 * Records a network's steps and writes them as one graph: training in each batch size, outputs for evaluation, access to all variables.
 * @throws {NotCompilable} naming the op that cannot be written
 */
export function compileGraph(context: EngineContext, plan: CompilePlan): CompiledGraph {
  const builder = new GraphBuilder();
  const variables = addVariables(builder, context, plan.batchSizes.length > 0);
  addStateAccess(builder, variables);
  const resident = plan.resident ? residentSource(builder, context.options.data) : null;
  const shared = {
    builder,
    context,
    variables: new Map(variables.map((variable) => [variable.name, variable])),
    constants: graphConstants(builder, context),
    step: builder.placeholder(stepNode, dataTypes.int32, []),
  };
  const trainParts = plan.batchSizes.length === 0 ? [] : addTrainParts(shared, plan, resident);
  const logits = addLogits(shared, resident);
  return { savedModel: encodeSavedModel(builder.nodes), variables, trainParts, logits, nodeCount: builder.nodes.length };
}

type Shared = Omit<TrainGraph, "pixels" | "totals">;

function addTrainParts(shared: Shared, { batchSizes, stepsPerCall }: CompilePlan, resident: PixelSource | null): TrainPart[] {
  const { builder, context } = shared;
  const totals = addTotals(builder);
  const stepFor = inAnyBatchSize((batchSize) => recordStep(context, batchSize));
  return batchSizes.flatMap((batchSize, index) => {
    const step = stepFor(batchSize);
    const pixels = resident ?? fedSource(context.options.data, batchSize * rowsEach(context.options));
    const counts = index === 0 && stepsPerCall > 1 ? [1, stepsPerCall] : [1];
    return counts.map((steps) => addTrainPart({ ...shared, totals, pixels }, step, steps));
  });
}

function addLogits(shared: Shared, resident: PixelSource | null): CompiledGraph["logits"] {
  const { builder, context } = shared;
  const batchSize = context.description.evaluationBatchSize;
  const recorded = inAnyBatchSize((count) => recordLogits(context, count))(batchSize);
  const rows = builder.placeholder("logits/rows", dataTypes.int32, [batchSize]);
  const fed = resident === null ? fedSource(context.options.data, batchSize) : null;
  const source = resident ?? fed!;
  const pixels = source.pixels(builder, rows);
  const edge = emitLogits(shared, recorded, pixels);
  const output = builder.add("Identity", { T: { type: "float" } }, [edge], { name: "logits/output" });
  return { batchSize, rows, pixels: fed === null ? null : pixels, output };
}

/** Writes the forward pass with weights read from variables. */
export function emitLogits(
  { builder, context, variables, constants }: Pick<Shared, "builder" | "context" | "variables" | "constants">,
  recorded: RecordedLogits,
  pixels: Edge,
): Edge {
  const sources = new Map(constants);
  sources.set(recorded.pixels, pixels);
  for (const { name, variable } of context.network.weights) {
    sources.set(tensorId(variable), builder.add("ReadVariableOp", { dtype: { type: "float" } }, [variables.get(name)!.handle]));
  }
  const wanted = { constants: new RecordedConstants(builder, recorded.recording), sources, wanted: [recorded.logits] };
  return emitRecording(builder, recorded.recording, wanted)[0]!;
}

/** As `addConstants`, but what is as large as networks are is put into a variable, and not written into every graph. */
function graphConstants(builder: GraphBuilder, { recipe }: EngineContext): Map<number, Edge> {
  const { constants, whitening } = recipe;
  const edges = addConstants(
    builder,
    constants.filter((tensor) => tensor !== whitening),
  );
  if (whitening !== null) edges.set(tensorId(whitening), addWhitening(builder, whitening.shape));
  return edges;
}

/** Normalization's and class weights' numbers, which are known before any step. */
export function addConstants(builder: GraphBuilder, constants: readonly tf.Tensor[]): Map<number, Edge> {
  return new Map(
    constants.map((tensor) => {
      const id = tensorId(tensor);
      const values = nodeBackend().binding.tensorDataSync(id);
      return [id, builder.constant({ dtype: dataTypes.float, shape: tensor.shape, values })];
    }),
  );
}

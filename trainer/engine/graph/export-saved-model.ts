import { dataTypes } from "../../runtime/node-backend.ts";
import { outputCorrection } from "../../../ml/evaluate/correct-logits.ts";
import type { LogitCorrection } from "../../../ml/evaluate/schema.ts";
import type { EngineContext } from "../engine-context.ts";
import type { EngineState } from "../engine.ts";
import { addConstants } from "./compile.ts";
import { inAnyBatchSize } from "./any-batch-size.ts";
import { emitRecording, RecordedConstants } from "./emit-recording.ts";
import { GraphBuilder, type Edge } from "./graph-builder.ts";
import { recordFloatLogits } from "./record-step.ts";
import { tensorId } from "./recorder.ts";
import { encodeSavedModel } from "./saved-model.ts";

/**
 * The bytes of a `saved_model.pb` with tag `serve` and signature `serving_default`, for TensorFlow Serving and Python: weights as constants,
 * normalization built in.
 *
 * Input `images`: float32 `[any, height, width, channels]` in units of the stored integers. Outputs: `probabilities` and `logits`,
 * `[any, outputs]`.
 * @param correction of the logits, before they become probabilities
 * @throws {NotCompilable} naming the op that cannot be written
 */
export function exportSavedModel(context: EngineContext, { variables }: EngineState, correction?: LogitCorrection): Uint8Array {
  const builder = new GraphBuilder();
  const recorded = inAnyBatchSize((batchSize) => recordFloatLogits(context, batchSize))("any");
  const { height, width, channels } = context.options.data;
  const image = [-1, height, width, channels];
  const images = builder.placeholder("images", dataTypes.float, image);
  const sources = new Map<number, Edge>([...addConstants(builder, context.recipe.constants), [recorded.pixels, images]]);
  for (const { name, variable } of context.network.weights) {
    const { values, shape } = variables.get(name)!;
    sources.set(tensorId(variable), builder.constant({ dtype: dataTypes.float, shape, values }, name));
  }
  const constants = new RecordedConstants(builder, recorded.recording);
  const [edge] = emitRecording(builder, recorded.recording, { constants, sources, wanted: [recorded.logits] });
  const float = { T: { type: "float" } } as const;
  const logits = builder.add("Identity", float, [edge!], { name: "logits" });
  const op = context.network.head === "softmax" ? "Softmax" : "Sigmoid";
  const corrected = correction ? addCorrection(builder, logits, outputCorrection(context.network, correction)) : logits;
  const probabilities = builder.add(op, float, [corrected], { name: "probabilities" });
  const info = (name: string, shape: number[]) => ({ name: `${name}:0`, dtype: dataTypes.float, shape });
  const shape = [-1, context.network.outputs];
  return encodeSavedModel(builder.nodes, {
    serving_default: {
      inputs: { images: info(images, image) },
      outputs: { probabilities: info(probabilities, shape), logits: info(logits, shape) },
    },
  });
}

function addCorrection(builder: GraphBuilder, logits: Edge, { scale, offsets }: ReturnType<typeof outputCorrection>): Edge {
  const float = { T: { type: "float" } } as const;
  const constant = (values: number[]) =>
    builder.constant({ dtype: dataTypes.float, shape: [values.length], values: Float32Array.from(values) });
  return builder.add("AddV2", float, [builder.add("Mul", float, [logits, constant([scale])]), constant(offsets)]);
}

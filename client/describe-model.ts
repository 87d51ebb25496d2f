import { InvalidConfiguration } from "../ml/errors.ts";
import { describeLayers } from "../ml/model/describe-layers.ts";
import type { NetworkSummary } from "../ml/model/summary.ts";
import type { Layers } from "../ml/model/schema.ts";
import type { ModelParameters } from "../ml/model/transfer/schema.ts";
import { isTransfer } from "../ml/model/transfer/schema.ts";
import { isModule } from "../ml/module/schema.ts";
import type { Pipeline } from "../ml/pipeline.ts";

export interface ModelDescription extends NetworkSummary {
  name: string;
  input: { height: number; width: number; channels: number };
  classCount: number;
}

/** What a person says where the pipeline file does not: `input` as HEIGHTxWIDTHxCHANNELS. */
export interface ModelFacts {
  input: string | undefined;
  classes: number | undefined;
}

/**
 * The layers of a pipeline's model, from the file alone: neither data nor servers nor TensorFlow are asked.
 * @throws {InvalidConfiguration} if the file does not say what is needed, or layers do not fit each other
 */
export function describeModel(pipeline: Pipeline, facts: ModelFacts): ModelDescription {
  const { name, model, encode, dataset } = pipeline;
  const layers = listedLayers(model);
  const input = inputOf(pipeline, facts.input);
  const classCount = facts.classes ?? dataset.classes?.length ?? (encode.encoding === "binary" ? 2 : undefined);
  if (classCount === undefined) {
    throw new InvalidConfiguration(
      "The file does not say how many classes there are (dataset.classes, or encode: binary for two); add --classes COUNT",
    );
  }
  const chosen = classCount === 2 ? "binary" : "one-hot";
  const encoding = encode.encoding === "auto" ? chosen : encode.encoding;
  const classes =
    dataset.classes?.length === classCount ? dataset.classes : Array.from({ length: classCount }, (_, i) => String(i));
  return { name, input, classCount, ...describeLayers(layers, input, { encoding, classes }) };
}

/** @throws {InvalidConfiguration} where the file does not list all of them */
function listedLayers(model: ModelParameters): Layers {
  if (isModule(model)) {
    throw new InvalidConfiguration(
      `model: ${typeof model === "string" ? model : model.file} is a module of your own, whose layers depend on what it computes: \`convoy show RUN --stage train\` lists those of a run`,
    );
  }
  if (isTransfer(model)) {
    throw new InvalidConfiguration(
      "model.base: layers on a trained base are laid out when the base is at hand: `convoy show RUN --stage train` lists those of a run",
    );
  }
  return model;
}

function inputOf({ ingest }: Pipeline, given: string | undefined): ModelDescription["input"] {
  if (given !== undefined) {
    const [height, width, channels] = (/^(\d+)x(\d+)x(\d+)$/.exec(given)?.slice(1) ?? []).map(Number);
    if (height && width && channels) return { height, width, channels };
    throw new InvalidConfiguration(`--input takes HEIGHTxWIDTHxCHANNELS, as in 28x28x1; received ${JSON.stringify(given)}`);
  }
  const { height, width, channels } = ingest;
  if (height !== undefined && width !== undefined && channels !== "auto") return { height, width, channels };
  const missing = Object.entries({ height, width, channels }).filter(([, value]) => value === undefined || value === "auto");
  const keys = missing.map(([key]) => `ingest.${key}`).join(", ");
  throw new InvalidConfiguration(
    `The file leaves ${keys} to the data, which are not looked at; add --input HEIGHTxWIDTHxCHANNELS, as in --input 28x28x1`,
  );
}

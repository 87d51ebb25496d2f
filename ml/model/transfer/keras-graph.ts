import type { BaseLayer } from "./schema.ts";

interface KerasLayer {
  class_name: string;
  name?: string;
  config: Record<string, unknown>;
  inbound_nodes?: unknown[];
}

/** What `model.get_config()` gives in Keras 2 and 3, and tfjs after them. */
interface KerasModel {
  class_name: string;
  config: { layers: KerasLayer[]; output_layers?: unknown[] } | KerasLayer[];
}

/**
 * The layers of a model as Keras describes it, Sequential or functional, the output's last.
 *
 * @param model `{ class_name, config }` of Keras 2 or 3, or of tfjs
 * @throws {Error} where it is no such model, or one this program cannot lay out: nested models, layers used twice, several inputs
 */
export function kerasGraph(model: unknown): { graph: Omit<BaseLayer, "weights">[]; channels: number } {
  const { class_name: type, config } = model as KerasModel;
  if (!["Sequential", "Functional", "Model"].includes(type))
    throw new Error(`it is a ${type}; Sequential and functional models can be read`);
  const layers = Array.isArray(config) ? config : config.layers;
  const graph = layers.map((layer, i) => ({
    name: nameOf(layer),
    type: layer.class_name,
    config: JSON.parse(JSON.stringify(layer.config)) as BaseLayer["config"],
    inputs: type === "Sequential" ? layers.slice(Math.max(0, i - 1), i).map(nameOf) : inputsOf(layer),
  }));
  for (const { name, type: inner } of graph)
    if (["Sequential", "Functional", "Model"].includes(inner))
      throw new Error(`${name} is a model within the model; save the inner one`);
  if (graph.filter((layer) => layer.type === "InputLayer").length > 1) throw new Error("it has several inputs");
  const output = Array.isArray(config) ? undefined : tensorsIn(config.output_layers)[0];
  const last = graph.findIndex(({ name }) => name === output);
  if (last >= 0) graph.push(...graph.splice(last, 1));
  return { graph, channels: channelsOf(layers) };
}

function nameOf({ name, config }: KerasLayer): string {
  return name ?? String(config["name"]);
}

function inputsOf(layer: KerasLayer): string[] {
  const { inbound_nodes: nodes = [] } = layer;
  if (nodes.length > 1) throw new Error(`the layer ${nameOf(layer)} is used ${nodes.length} times`);
  return tensorsIn(nodes);
}

/** Names of layers in Keras 3's `keras_history: [name, node, tensor]` or Keras 2's `[name, node, tensor, …]`, wherever they stand. */
function tensorsIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    const [name, node] = value as unknown[];
    return typeof name === "string" && typeof node === "number" ? [name] : value.flatMap(tensorsIn);
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}

function channelsOf(layers: readonly KerasLayer[]): number {
  for (const { config } of layers) {
    const shape = config["batch_shape"] ?? config["batch_input_shape"];
    if (Array.isArray(shape) && shape.length === 4 && typeof shape[3] === "number") return shape[3];
  }
  throw new Error("its input is not [height, width, channels]");
}

import { architectures } from "./architectures/architectures.ts";
import { inception } from "./architectures/googlenet.ts";
import { residual } from "./architectures/resnet.ts";
import type { ConvolutionOptions, LayerStack } from "./layer-stack.ts";
import type { LayerParameters } from "./schema.ts";

type Forms = Exclude<LayerParameters, string>;
type Form<Key extends string> = Extract<Forms, Record<Key, unknown>>;
type Convolution = Form<"conv"> | Form<"depthwise"> | Form<"separable"> | Form<"transposed">;
type Block = Form<"residual"> | Form<"inception"> | Form<"architecture">;

/** Puts one entry of a pipeline file's model on a stack; not the head, which follows from the classes. */
export function addLayer(stack: LayerStack, layer: Exclude<LayerParameters, Form<"output">>): void {
  if (layer === "flatten") stack.flatten();
  else if (layer === "batchNorm") stack.batchNormalization();
  else if (isConvolution(layer)) addConvolutions(stack, layer);
  else if (isBlock(layer)) addBlock(stack, layer);
  else if ("pool" in layer) {
    const { pool, size, stride = size, padding, name } = layer;
    stack.pool({ kind: pool, size, stride, padding, name });
  } else if ("dense" in layer) stack.dense({ ...layer, units: layer.dense });
  else if ("upsample" in layer) stack.upsample(layer.upsample, layer.name);
  else if ("reshape" in layer) stack.reshape(layer.reshape, layer.name);
  else if ("activation" in layer) stack.activation(layer.activation, layer.name);
  else return stack.dropout(layer.dropout, layer.name);
  addOwnDropout(stack, layer);
}

function isConvolution(layer: Forms): layer is Convolution {
  return "conv" in layer || "depthwise" in layer || "separable" in layer || "transposed" in layer;
}

function isBlock(layer: Forms): layer is Block {
  return "residual" in layer || "inception" in layer || "architecture" in layer;
}

/** A dropout that a layer brings with it. */
function addOwnDropout(stack: LayerStack, layer: LayerParameters): void {
  if (typeof layer === "object" && "dropout" in layer && layer.dropout !== undefined) stack.dropout(layer.dropout);
}

function addConvolutions(stack: LayerStack, layer: Convolution): void {
  const { repeat, name, batchNorm, activation, kernel, stride, padding, l1, l2 } = layer;
  for (let i = 1; i <= repeat; i++) {
    addConvolution(stack, layer, {
      kernel,
      stride,
      padding,
      l1,
      l2,
      activation: batchNorm ? "linear" : activation,
      useBias: !batchNorm,
      name: numbered(name, i, repeat),
    });
    if (!batchNorm) continue;
    stack.batchNormalization();
    stack.activation(activation);
  }
}

function addConvolution(stack: LayerStack, layer: Convolution, options: Omit<ConvolutionOptions, "filters">): void {
  if ("conv" in layer) stack.convolution({ ...options, filters: layer.conv });
  else if ("depthwise" in layer) stack.depthwiseConvolution({ ...options, filters: layer.depthwise });
  else if ("separable" in layer) stack.separableConvolution({ ...options, filters: layer.separable });
  else stack.transposedConvolution({ ...options, filters: layer.transposed });
}

function addBlock(stack: LayerStack, layer: Block): void {
  if ("architecture" in layer) architectures[layer.architecture](stack, layer.top);
  else if ("inception" in layer) inception(stack, layer.inception);
  else {
    const { residual: filters, stride, bottleneck, repeat, name } = layer;
    for (let i = 1; i <= repeat; i++) {
      residual(stack, { filters, bottleneck, stride: i === 1 ? stride : 1, name: numbered(name, i, repeat) });
    }
  }
}

function numbered(name: string | undefined, index: number, count: number): string | undefined {
  return name !== undefined && count > 1 ? `${name}_${index}` : name;
}

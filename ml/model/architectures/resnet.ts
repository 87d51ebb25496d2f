import type { LayerStack } from "../layer-stack.ts";

/** Of Keras' ResNets. */
const epsilon = 1.001e-5;

export interface ResnetShape {
  /** Residual blocks of each of the four stages. */
  blocks: readonly [number, number, number, number];
  /** 1×1, 3×3, 1×1 with four times the filters (50 layers and more), or two 3×3. */
  bottleneck: boolean;
}

/** He et al. 2016, "Deep Residual Learning", with Keras' layer names; for 224 × 224. */
export function resnet(stack: LayerStack, top: boolean, { blocks, bottleneck }: ResnetShape): void {
  stack.pad(3, "conv1_pad");
  const first = { filters: 64, kernel: 7, stride: 2, padding: "valid", useBias: bottleneck } as const;
  normalized(stack, "conv1", { ...first, names: ["conv1_conv", "conv1_bn"] });
  stack.activation("relu", "conv1_relu");
  stack.pad(1, "pool1_pad");
  stack.pool({ kind: "max", size: 3, stride: 2, name: "pool1_pool" });
  for (const [stage, count] of blocks.entries()) {
    for (let block = 1; block <= count; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      residual(stack, `conv${stage + 2}_block${block}`, { filters: 64 * 2 ** stage, stride, bottleneck });
    }
  }
  if (top) stack.pool({ kind: "globalAverage", name: "avg_pool" });
}

function residual(
  stack: LayerStack,
  name: string,
  { filters, stride, bottleneck }: { filters: number; stride: number; bottleneck: boolean },
): void {
  const input = stack.output;
  const width = bottleneck ? 4 * filters : filters;
  const changes = stride > 1 || input.shape.at(-1) !== width;
  const useBias = bottleneck; // as in Keras; without effect before a normalization
  if (changes) normalized(stack, `${name}_0`, { filters: width, kernel: 1, stride, useBias });
  const shortcut = stack.output;
  stack.output = input;
  const kernels = bottleneck ? [1, 3, 1] : [3, 3];
  for (const [i, kernel] of kernels.entries()) {
    const last = i === kernels.length - 1;
    normalized(stack, `${name}_${i + 1}`, { filters: last ? width : filters, kernel, stride: i === 0 ? stride : 1, useBias });
    if (!last) stack.activation("relu", `${name}_${i + 1}_relu`);
  }
  stack.add([shortcut, stack.output], `${name}_add`);
  stack.activation("relu", `${name}_out`);
}

interface NormalizedConvolution {
  filters: number;
  kernel: number;
  stride: number;
  useBias: boolean;
  padding?: "same" | "valid";
  names?: [string, string];
}

function normalized(
  stack: LayerStack,
  name: string,
  { names = [`${name}_conv`, `${name}_bn`], ...options }: NormalizedConvolution,
) {
  stack.convolution({ ...options, name: names[0] });
  stack.batchNormalization(names[1], epsilon);
}

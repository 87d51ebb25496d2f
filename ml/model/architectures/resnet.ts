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
  normalized(stack, "conv1", { ...first, epsilon });
  stack.activation("relu", "conv1_relu");
  stack.pad(1, "pool1_pad");
  stack.pool({ kind: "max", size: 3, stride: 2, name: "pool1_pool" });
  for (const [stage, count] of blocks.entries()) {
    for (let block = 1; block <= count; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      const filters = 64 * 2 ** stage;
      residual(stack, { filters, stride, bottleneck, name: `conv${stage + 2}_block${block}`, useBias: bottleneck, epsilon });
    }
  }
  if (top) stack.pool({ kind: "globalAverage", name: "avg_pool" });
}

export interface ResidualBlock {
  filters: number;
  /** Of the block's first convolution. */
  stride: number;
  bottleneck: boolean;
  /** Beginning of the layers' names; Keras' own numbering where absent. */
  name?: string | undefined;
  /** Of the convolutions: without effect before a normalization, but a parameter (default: no). */
  useBias?: boolean;
  epsilon?: number;
}

/** Convolutions added to what they were given, which is brought to their shape by a 1×1 convolution where it has another. */
export function residual(stack: LayerStack, { filters, stride, bottleneck, name, ...options }: ResidualBlock): void {
  const input = stack.output;
  const width = bottleneck ? 4 * filters : filters;
  const changes = stride > 1 || input.shape.at(-1) !== width;
  const named = (suffix: string) => (name === undefined ? undefined : `${name}_${suffix}`);
  if (changes) normalized(stack, named("0"), { ...options, filters: width, kernel: 1, stride });
  const shortcut = stack.output;
  stack.output = input;
  const kernels = bottleneck ? [1, 3, 1] : [3, 3];
  for (const [i, kernel] of kernels.entries()) {
    const last = i === kernels.length - 1;
    normalized(stack, named(String(i + 1)), {
      ...options,
      filters: last ? width : filters,
      kernel,
      stride: i === 0 ? stride : 1,
    });
    if (!last) stack.activation("relu", named(`${i + 1}_relu`));
  }
  stack.add([shortcut, stack.output], named("add"));
  stack.activation("relu", named("out"));
}

interface NormalizedConvolution {
  filters: number;
  kernel: number;
  stride: number;
  useBias?: boolean;
  padding?: "same" | "valid";
  epsilon?: number;
}

function normalized(
  stack: LayerStack,
  name: string | undefined,
  { epsilon: added, useBias = false, ...options }: NormalizedConvolution,
) {
  const named = (suffix: string) => (name === undefined ? undefined : `${name}_${suffix}`);
  stack.convolution({ ...options, useBias, name: named("conv") });
  stack.batchNormalization(named("bn"), added);
}

import type * as tf from "@tensorflow/tfjs";

import type { LayerStack } from "../layer-stack.ts";

/** Filters of an inception block: 1×1; 1×1 then 3×3; 1×1 then 5×5; pool then 1×1. */
export type Inception = readonly [number, number, number, number, number, number];

const third: Inception[] = [
  [64, 96, 128, 16, 32, 32],
  [128, 128, 192, 32, 96, 64],
];
const fourth: Inception[] = [
  [192, 96, 208, 16, 48, 64],
  [160, 112, 224, 24, 64, 64],
  [128, 128, 256, 24, 64, 64],
  [112, 144, 288, 32, 64, 64],
  [256, 160, 320, 32, 128, 128],
];
const fifth: Inception[] = [
  [256, 160, 320, 32, 128, 128],
  [384, 192, 384, 48, 128, 128],
];

/** Szegedy et al. 2015, table 1 ("Inception v1"), without the auxiliary heads; for 224 × 224. */
export function googlenet(stack: LayerStack, top: boolean): void {
  const pool = () => stack.pool({ kind: "max", size: 3, stride: 2, padding: "same" });
  stack.convolution({ filters: 64, kernel: 7, stride: 2, activation: "relu" });
  pool();
  stack.localResponseNormalization();
  stack.convolution({ filters: 64, kernel: 1, activation: "relu" });
  stack.convolution({ filters: 192, activation: "relu" });
  stack.localResponseNormalization();
  pool();
  for (const block of third) inception(stack, block);
  pool();
  for (const block of fourth) inception(stack, block);
  pool();
  for (const block of fifth) inception(stack, block);
  if (!top) return;
  stack.pool({ kind: "globalAverage" });
  stack.dropout(0.4);
}

export function inception(stack: LayerStack, [one, toThree, three, toFive, five, pooled]: Inception): void {
  const input = stack.output;
  const branch = (...layers: (() => void)[]): tf.SymbolicTensor => {
    stack.output = input;
    for (const layer of layers) layer();
    return stack.output;
  };
  const convolution = (filters: number, kernel: number) => () => stack.convolution({ filters, kernel, activation: "relu" });
  const pool = () => stack.pool({ kind: "max", size: 3, stride: 1, padding: "same" });
  stack.concatenate([
    branch(convolution(one, 1)),
    branch(convolution(toThree, 1), convolution(three, 3)),
    branch(convolution(toFive, 1), convolution(five, 5)),
    branch(pool, convolution(pooled, 1)),
  ]);
}

import type { LayerStack } from "../layer-stack.ts";

/** A first network for small images, of no publication. */
export function convnet(stack: LayerStack, top: boolean): void {
  for (const filters of [32, 64]) {
    stack.convolution({ filters, activation: "relu" });
    stack.pool({ kind: "max" });
  }
  stack.dropout(0.25);
  if (!top) return;
  stack.dense({ units: 128, activation: "relu" });
  stack.dropout(0.5);
}

/** LeCun et al. 1998 with softmax units at the end instead of radial ones; the first convolution keeps the size, so it takes 28 × 28. */
export function lenet5(stack: LayerStack, top: boolean): void {
  stack.convolution({ filters: 6, kernel: 5, activation: "tanh" });
  stack.pool({ kind: "average" });
  stack.convolution({ filters: 16, kernel: 5, padding: "valid", activation: "tanh" });
  stack.pool({ kind: "average" });
  if (!top) return;
  stack.dense({ units: 120, activation: "tanh" });
  stack.dense({ units: 84, activation: "tanh" });
}

/** Krizhevsky, Sutskever and Hinton 2012, on one device; for 227 × 227. */
export function alexnet(stack: LayerStack, top: boolean): void {
  const pool = () => stack.pool({ kind: "max", size: 3, stride: 2 });
  stack.convolution({ filters: 96, kernel: 11, stride: 4, padding: "valid", activation: "relu" });
  stack.localResponseNormalization();
  pool();
  stack.convolution({ filters: 256, kernel: 5, activation: "relu" });
  stack.localResponseNormalization();
  pool();
  for (const filters of [384, 384, 256]) stack.convolution({ filters, activation: "relu" });
  pool();
  if (top) denseTop(stack, 0.5);
}

/** Simonyan and Zisserman 2015, configuration D (16) or E (19), with Keras' layer names; for 224 × 224. */
export function vgg(stack: LayerStack, top: boolean, convolutions: readonly number[]): void {
  const filters = [64, 128, 256, 512, 512];
  for (const [block, count] of convolutions.entries()) {
    for (let i = 1; i <= count; i++) {
      stack.convolution({ filters: filters[block]!, activation: "relu", name: `block${block + 1}_conv${i}` });
    }
    stack.pool({ kind: "max", name: `block${block + 1}_pool` });
  }
  if (top) denseTop(stack);
}

function denseTop(stack: LayerStack, dropout?: number): void {
  stack.flattenImage();
  for (const name of ["fc1", "fc2"]) {
    stack.dense({ units: 4096, activation: "relu", name });
    if (dropout !== undefined) stack.dropout(dropout);
  }
}

import type * as tf from "@tensorflow/tfjs";

import type { LayerStack } from "../layer-stack.ts";

/** A normalized convolution: filters, kernel (of a square, or rows and columns), and where it is not 1 and `same`, stride and padding. */
type Convolution = [filters: number, kernel: number | readonly [number, number], stride?: number, padding?: "same" | "valid"];
type Branch = (stack: LayerStack) => void;

const wide = [1, 7] as const;
const tall = [7, 1] as const;

/**
 * Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", layer by layer in Keras' order and without its auxiliary head;
 * for 299 × 299, at least 75 × 75.
 */
export function inceptionV3(stack: LayerStack, top: boolean): void {
  chain([32, 3, 2, "valid"], [32, 3, 1, "valid"], [64, 3])(stack);
  shrink(stack);
  chain([80, 1, 1, "valid"], [192, 3, 1, "valid"])(stack);
  shrink(stack);
  for (const [i, pooled] of [32, 64, 64].entries()) {
    const branches = [chain([64, 1]), chain([48, 1], [64, 5]), chain([64, 1], [96, 3], [96, 3]), averaged(pooled)];
    mix(stack, `mixed${i}`, branches);
  }
  mix(stack, "mixed3", [chain([384, 3, 2, "valid"]), chain([64, 1], [96, 3], [96, 3, 2, "valid"]), shrink]);
  for (const [i, inner] of [128, 160, 160, 192].entries()) {
    const double = chain([inner, 1], [inner, tall], [inner, wide], [inner, tall], [192, wide]);
    mix(stack, `mixed${i + 4}`, [chain([192, 1]), chain([inner, 1], [inner, wide], [192, tall]), double, averaged(192)]);
  }
  const reduced = chain([192, 1], [192, wide], [192, tall], [192, 3, 2, "valid"]);
  mix(stack, "mixed8", [chain([192, 1], [320, 3, 2, "valid"]), reduced, shrink]);
  for (const name of ["mixed9", "mixed10"]) {
    mix(stack, name, [chain([320, 1]), split([384, 1]), split([448, 1], [384, 3]), averaged(192)]);
  }
  if (top) stack.pool({ kind: "globalAverage", name: "avg_pool" });
}

function chain(...convolutions: Convolution[]): Branch {
  return (stack) => {
    for (const [filters, kernel, stride = 1, padding = "same"] of convolutions) {
      stack.convolution({ filters, kernel, stride, padding, useBias: false });
      stack.batchNormalization(undefined, undefined, false);
      stack.activation("relu");
    }
  };
}

function shrink(stack: LayerStack): void {
  stack.pool({ kind: "max", size: 3, stride: 2 });
}

function averaged(filters: number): Branch {
  return (stack) => {
    stack.pool({ kind: "average", size: 3, stride: 1, padding: "same" });
    chain([filters, 1])(stack);
  };
}

/** A chain that ends in a wide and a tall convolution side by side. */
function split(...convolutions: Convolution[]): Branch {
  return (stack) => {
    chain(...convolutions)(stack);
    mix(stack, undefined, [chain([384, [1, 3]]), chain([384, [3, 1]])]);
  };
}

function mix(stack: LayerStack, name: string | undefined, branches: readonly Branch[]): void {
  const input = stack.output;
  const outputs = branches.map((branch): tf.SymbolicTensor => {
    stack.output = input;
    branch(stack);
    return stack.output;
  });
  stack.concatenate(outputs, name);
}

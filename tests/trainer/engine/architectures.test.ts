import { beforeAll, expect, test } from "vitest";

import type { ArchitectureName } from "../../../ml/model/architectures/architectures.ts";
import type { EngineState } from "../../../trainer/engine/engine.ts";
import { loadTestTensorflow, testDevice } from "../../support/test-device.ts";
import { firstLossTolerance, relativeDistance, takeStepsSideBySide } from "./compare-engines.ts";

interface SmallestUse {
  /** Side of the smallest square image it takes to the end. */
  pixels: number;
  /** With its dense layers of millions of weights, or a pool, before the head. */
  top: boolean;
  /** Minutes of computing: only with `CONVOY_TEST_ARCHITECTURES=all`. */
  large?: boolean;
  /** Each step from the same weights. */
  together?: boolean;
  /** Not on a graphics card. */
  processorOnly?: boolean;
  /** Adam's, where they are not convoy's and 0.001. */
  epsilon?: number;
  adamRate?: number;
}

const onCard = testDevice === "gpu";

/**
 * Deep normalized networks amplify rounding without bound while they have their first weights: of ResNet-50's gradient, 4000 long here, Keras in
 * float32 misses 1.4 % of what it computes in float64, and 2 % change when a batch's rows are read in another order, since ReLUs whose input
 * is nearly 0 switch (with ELU: 0.001 %). Inception-v3 changes by 12 %. After a step that differs in one bit, two trainings of them part whatever
 * computes them. On the processor this was measured on, the engines differ in none, and they take twenty steps on their own as all others do. On a card,
 * where the two add in different orders, ResNets take each step from the same weights (ResNet-18 is 0.005 apart after twenty steps on its own, 1e-7 from
 * the same weights), and for ResNet-50 and Inception-v3 there is nothing to compare: ResNet-50's gradients are 2.7 % apart in the first step.
 *
 * GoogLeNet and VGG, which nothing normalizes, have gradients as small as rounding, along which Adam takes full steps: the biases before a maximum pool,
 * whose gradients are summed in another order, are enough. After twenty steps with a rate of 0.001, weights are 0.004 to 0.014 apart. So VGG-16's is
 * 0.0001, at which it has learned its images by then, and lies 0.0002 apart. VGG-19's and GoogLeNet's weights are about as far apart as that rate
 * lets them go, so their epsilon is the one that TensorFlow's documentation advises for Inception.
 */
const architectures: Record<ArchitectureName, SmallestUse> = {
  convnet: { pixels: 12, top: true },
  lenet5: { pixels: 16, top: true },
  alexnet: { pixels: 67, top: false },
  googlenet: { pixels: 33, top: true, epsilon: 0.1, large: true },
  resnet18: { pixels: 33, top: true, large: true, together: onCard },
  vgg16: { pixels: 32, top: false, adamRate: 1e-4, large: true },
  vgg19: { pixels: 32, top: false, epsilon: 0.1, large: true },
  resnet34: { pixels: 33, top: true, large: true, together: onCard },
  resnet50: { pixels: 33, top: true, large: true, processorOnly: true },
  inceptionv3: { pixels: 75, top: true, large: true, processorOnly: true },
};
const withLarge = process.env["CONVOY_TEST_ARCHITECTURES"] === "all";

beforeAll(loadTestTensorflow);

for (const [architecture, { large = false, processorOnly = false, ...use }] of Object.entries(architectures)) {
  const told = large ? " (skipped without CONVOY_TEST_ARCHITECTURES=all)" : "";
  test.skipIf((large && !withLarge) || (processorOnly && onCard))(
    `${architecture} takes the same steps compiled as op by op${told}`,
    async () => {
      const [sgd, adam] = [await trainBoth(architecture, use, "sgd"), await trainBoth(architecture, use, "adam")];

      expect(Math.abs(sgd.losses[1]! - sgd.losses[0]!)).toBeLessThan(firstLossTolerance);
      const [one, other] = adam.first.map(gradientsIn);
      expect(relativeDistance(other!, one!)).toBeLessThan(1e-5);
      expect(sgd.difference).toBeLessThan(1e-4);
      expect(adam.difference).toBeLessThan(2e-3);
    },
    3_600_000,
  );
}

function trainBoth(
  architecture: string,
  { pixels, top, together = false, epsilon, adamRate = 1e-3 }: SmallestUse,
  optimizer: "sgd" | "adam",
) {
  const given = {
    model: [{ architecture, top }],
    shape: { height: pixels, width: pixels, channels: 1 },
    train: { optimizer: { name: optimizer, ...(optimizer === "adam" && epsilon !== undefined ? { epsilon } : {}) } },
  };
  return takeStepsSideBySide(given, { batch: 4, learningRate: optimizer === "adam" ? adamRate : 1e-3, together });
}

/** After one step, Adam's first moments are a tenth of the gradients. */
function gradientsIn({ step, variables }: EngineState): EngineState {
  return { step, variables: new Map([...variables].filter(([name]) => name.endsWith("/m"))) };
}

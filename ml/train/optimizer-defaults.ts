import type { TrainParameters } from "./schema.ts";

export type OptimizerName = TrainParameters["optimizer"]["name"];

/** Keras' defaults. */
const learningRates: Record<OptimizerName, number> = {
  sgd: 0.01,
  momentum: 0.01,
  rmsprop: 0.001,
  adam: 0.001,
  adamw: 0.001,
  adagrad: 0.001,
  adadelta: 0.001,
};

/** The learning rate asked for, or Keras' default of the optimizer. */
export function initialLearningRate({ optimizer }: Pick<TrainParameters, "optimizer">): number {
  return optimizer.learningRate ?? learningRates[optimizer.name];
}

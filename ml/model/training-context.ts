import * as tf from "@tensorflow/tfjs";

/** What layers need to know of the step they run in, and what they tell the engine to do after it. */
export class TrainingContext {
  /** Optimizer steps taken before this one, an int32 scalar; names the draws of this step. */
  step: tf.Tensor | null = null;
  #updates: { variable: tf.Variable; value: tf.Tensor }[] = [];

  /** Keeps `value` from being tidied; the engine assigns it to `variable` after the step, e.g. a moving average. */
  update(variable: tf.Variable, value: tf.Tensor): void {
    this.#updates.push({ variable, value: tf.keep(value) });
  }

  /** Hands over the updates asked for since the last call, with ownership of their tensors. */
  takeUpdates(): { variable: tf.Variable; value: tf.Tensor }[] {
    const updates = this.#updates;
    this.#updates = [];
    return updates;
  }
}

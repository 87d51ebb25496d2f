import * as tf from "@tensorflow/tfjs";

/** A linear model over standardized features. Its tensors are the caller's to dispose of. */
export interface SoftmaxRegression {
  /** Shape [features]. */
  mean: tf.Tensor1D;
  deviation: tf.Tensor1D;
  /** Shape [features, classes]. */
  weights: tf.Tensor2D;
  /** Shape [classes]. */
  bias: tf.Tensor1D;
}

const [mostSteps, stepsBetweenLooks, tolerance] = [1000, 20, 1e-5];
const powerSteps = 20;

/**
 * Multinomial logistic regression with an L2 penalty on the weights, by accelerated gradient descent over all rows. The problem is convex, so
 * that the result depends on nothing but the data; scikit-learn's `LogisticRegression(C=1/penalty)` behind a `StandardScaler` is the same.
 *
 * @param features shape [rows, features]
 * @param targets one-hot, shape [rows, classes]
 * @see Nesterov 2004, "Introductory Lectures on Convex Optimization", section 2.2.1 (constant step scheme III)
 */
export function fitSoftmaxRegression(features: tf.Tensor2D, targets: tf.Tensor2D, penalty: number): SoftmaxRegression {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(features, 0);
    const raw = variance.sqrt();
    const deviation = tf.where(raw.less(1e-7), tf.onesLike(raw), raw) as tf.Tensor1D;
    const x = features.sub(mean).div<tf.Tensor2D>(deviation);
    const rowCount = features.shape[0];
    const convexity = penalty / rowCount;
    // A softmax's Hessian is at most half the features' second moments; the bias adds a feature that is 1.
    const steepness = 0.5 * Math.max(1, largestEigenvalue(x)) + convexity;
    const momentum = (1 - Math.sqrt(convexity / steepness)) / (1 + Math.sqrt(convexity / steepness));
    let weights = tf.zeros<tf.Rank.R2>([features.shape[1], targets.shape[1]]);
    let bias = tf.zeros<tf.Rank.R1>([targets.shape[1]]);
    let [weightsAhead, biasAhead] = [weights, bias];
    for (let step = 1; step <= mostSteps; step++) {
      const next = tf.tidy(() => {
        const error = tf.softmax(x.matMul(weightsAhead).add<tf.Tensor2D>(biasAhead)).sub<tf.Tensor2D>(targets);
        const slope = x.matMul<tf.Tensor2D>(error, true).div(rowCount).add<tf.Tensor2D>(weightsAhead.mul(convexity));
        const stepped = weightsAhead.sub<tf.Tensor2D>(slope.div(steepness));
        const steppedBias = biasAhead.sub<tf.Tensor1D>(error.mean(0).div(steepness));
        return {
          weights: stepped,
          bias: steppedBias,
          weightsAhead: stepped.add<tf.Tensor2D>(stepped.sub(weights).mul(momentum)),
          biasAhead: steppedBias.add<tf.Tensor1D>(steppedBias.sub(bias).mul(momentum)),
        };
      });
      const isSettled = step % stepsBetweenLooks === 0 && largestChange(weights, next.weights) < tolerance;
      tf.dispose([weights, bias, weightsAhead, biasAhead]);
      ({ weights, bias, weightsAhead, biasAhead } = next);
      if (isSettled) break;
    }
    return { mean: mean as tf.Tensor1D, deviation, weights, bias };
  });
}

/** Probabilities, shape [rows, classes]. */
export function predictSoftmaxRegression(
  { mean, deviation, weights, bias }: SoftmaxRegression,
  features: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() => tf.softmax(features.sub(mean).div<tf.Tensor2D>(deviation).matMul(weights).add<tf.Tensor2D>(bias)));
}

/** Of the features' second moments, by power iteration from a fixed start; a tenth is added, for it comes near from below. */
function largestEigenvalue(x: tf.Tensor2D): number {
  return tf.tidy(() => {
    let vector = tf.linspace(1, 2, x.shape[1]).reshape<tf.Tensor2D>([-1, 1]);
    let length = tf.norm(vector);
    for (let step = 0; step < powerSteps; step++) {
      vector = vector.div<tf.Tensor2D>(length);
      vector = x.matMul<tf.Tensor2D>(x.matMul(vector), true).div<tf.Tensor2D>(x.shape[0]);
      length = tf.norm(vector);
    }
    return 1.1 * (length.dataSync()[0] ?? 0);
  });
}

function largestChange(before: tf.Tensor2D, after: tf.Tensor2D): number {
  return tf.tidy(() => after.sub(before).abs().max().dataSync()[0] ?? 0);
}

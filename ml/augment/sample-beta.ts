import type { Random } from "../random.ts";

/**
 * A draw from Beta(α, α): gamma draws G₁ / (G₁ + G₂), their logarithms kept, so that a small α does not underflow.
 *
 * @see Marsaglia and Tsang 2000, "A Simple Method for Generating Gamma Variables"
 */
export function sampleBeta(alpha: number, random: Random): number {
  const [one, other] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(other - one));
}

/** The logarithm of a draw from Gamma(α): one from Gamma(α + 1) times U^(1/α). */
function logGamma(alpha: number, random: Random): number {
  const d = alpha + 1 - 1 / 3;
  for (;;) {
    const x = sampleNormal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v <= 0 || Math.log(positive(random)) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    return Math.log(d * v) + Math.log(positive(random)) / alpha;
  }
}

/** @see Box and Muller 1958, "A Note on the Generation of Random Normal Deviates" */
export function sampleNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(positive(random))) * Math.cos(2 * Math.PI * random());
}

/** In (0, 1]. */
function positive(random: Random): number {
  return 1 - random();
}

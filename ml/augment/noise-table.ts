import { randomStream } from "../random.ts";
import { sampleNormal } from "./sample-beta.ts";

/** An image's noise starts at one of so many places in the table. */
export const noiseStarts = 2 ** 20;

/**
 * Standard normal numbers from which each image takes as many as it has values, from a place of its own: noise that depends on nothing but
 * the draw, without drawing millions of numbers in each step.
 *
 * @param values of one image
 * @see Salimans et al. 2017, "Evolution Strategies as a Scalable Alternative to Reinforcement Learning", which shares noise in this manner
 */
export function noiseTable(seed: number, values: number): Float32Array {
  const random = randomStream(seed, "augment", "noise");
  return Float32Array.from({ length: noiseStarts + values }, () => sampleNormal(random));
}

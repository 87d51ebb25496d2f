import { kolmogorovSmirnov } from "../../stats/kolmogorov-smirnov.ts";
import { placeDistances } from "../place-distances.ts";
import type { Rule } from "../rule.ts";

/** With fewer pairs, chance alone makes distances as large as the threshold. */
const leastPairs = 200;

/**
 * Whether images are independent of each other: threshold of the Kolmogorov–Smirnov distance, 0 to 1, between how far look-alikes of a class
 * stand apart in the source's order and how far any two of the class do. Series of one patient, camera or day stand together and look alike;
 * a split by chance tears them apart. An effect size where Datalab has a p-value: with many rows every p-value is tiny.
 *
 * @see cleanlab Datalab, non_iid: the same distances, by permutation
 */
export const orderDependence: Rule = {
  name: "order-dependence",
  severity: "warn",
  threshold: 0.2,
  find({ samples, neighbors }, threshold) {
    const { near, all } = placeDistances(samples, neighbors);
    const value = (near.length < leastPairs ? null : kolmogorovSmirnov(near, all)) ?? 0;
    const beyond = value > threshold;
    const message = beyond
      ? `images that follow each other in the source look alike, by ${value.toFixed(3)}: if they are series, name dataset.group so that none is torn apart`
      : "images that look alike stand anywhere in the source";
    return { value, beyond, message, rows: [] };
  },
};

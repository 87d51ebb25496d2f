import type { Rule } from "../rule.ts";

/** Threshold: the largest number of pairs of images that look alike, by perceptual hash, and have different labels. */
export const contradictingLookAlikes: Rule = {
  name: "contradicting-look-alikes",
  severity: "warn",
  threshold: 0,
  find({ lookAlikes, samples: { id, label }, dataset: { classes } }, threshold) {
    const pairs = lookAlikes.filter(([a, b]) => label[a]! >= 0 && label[b]! >= 0 && label[a] !== label[b]);
    const say = (row: number) => `${id[row]} is ${JSON.stringify(classes[label[row]!])}`;
    const shown = pairs.slice(0, 5).map(([a, b]) => `${say(a)}, ${say(b)}`);
    const message =
      pairs.length === 0
        ? "no two images that look alike have different labels"
        : `${pairs.length} pairs of images look alike and have different labels: ${shown.join("; ")}`;
    return { value: pairs.length, beyond: pairs.length > threshold, message, rows: [...new Set(pairs.flat())] };
  },
};

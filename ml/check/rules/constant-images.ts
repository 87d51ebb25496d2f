import type { Rule } from "../rule.ts";

/** Threshold: the largest number of images whose pixels are all equal. */
export const constantImages: Rule = {
  name: "constant-images",
  severity: "warn",
  threshold: 0,
  aboutImages: true,
  find({ images }, threshold) {
    const rows = [...images.constant.keys()].filter((row) => images.constant[row] === 1);
    return { value: rows.length, beyond: rows.length > threshold, message: `${rows.length} images are of one color`, rows };
  },
};

import type { Rule } from "../rule.ts";

/** Threshold: the largest number of images without any color in a set of color images. A set that has none at all is not asked. */
export const greyInColor: Rule = {
  name: "grey-in-color",
  severity: "warn",
  threshold: 0,
  aboutImages: true,
  find({ images, dataset: { channels, rowCount } }, threshold) {
    const rows = channels === 3 ? [...images.grey.keys()].filter((row) => images.grey[row] === 1) : [];
    if (rows.length === rowCount) return { value: 0, beyond: false, message: "images are all grey", rows: [] };
    const message =
      rows.length === 0 ? "no image is grey among colored ones" : `${rows.length} images are grey among colored ones`;
    return { value: rows.length, beyond: rows.length > threshold, message, rows };
  },
};

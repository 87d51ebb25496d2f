import type { Rule } from "../rule.ts";

const upright = 1;

/**
 * Threshold: the largest number of images whose EXIF orientation is another than 1. They are read upright; boxes, masks or a program that does
 * not look at EXIF may go by the pixels as they lie in the file.
 */
export const turnedImages: Rule = {
  name: "turned-images",
  severity: "info",
  threshold: 0,
  find({ samples: { id, sourceFiles } }, threshold) {
    const { orientations = new Int32Array(0) } = sourceFiles ?? {};
    const rows = [...orientations.keys()].filter((row) => orientations[row] !== upright);
    const shown = rows.slice(0, 5).map((row) => `${id[row]} (${orientations[row]})`);
    const message =
      rows.length === 0
        ? "no image is turned by its EXIF orientation"
        : `${rows.length} images are turned upright by their EXIF orientation: ${shown.join(", ")}`;
    return { value: rows.length, beyond: rows.length > threshold, message, rows };
  },
};

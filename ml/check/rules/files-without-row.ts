import type { Rule } from "../rule.ts";

/** Threshold: the largest number of images without row. */
export const filesWithoutRow: Rule = {
  name: "files-without-row",
  severity: "fail",
  threshold: 0,
  find({ dataset: { unreadable } }, threshold) {
    const found = unreadable.filter(({ cause }) => cause === "no-row");
    const shown = found.slice(0, 5).map(({ source }) => JSON.stringify(source));
    const message =
      found.length === 0
        ? "every image has its row in the table"
        : `${found.length} images have no row in the table: ${shown.join(", ")}`;
    return { value: found.length, beyond: found.length > threshold, message, rows: [] };
  },
};

import type { Rule } from "../rule.ts";

/** Threshold: the largest number of rows of the table without image. */
export const rowsWithoutFile: Rule = {
  name: "rows-without-file",
  severity: "fail",
  threshold: 0,
  find({ dataset: { unreadable } }, threshold) {
    const found = unreadable.filter(({ cause }) => cause === "no-file");
    const shown = found.slice(0, 5).map(({ source }) => JSON.stringify(source));
    const message =
      found.length === 0
        ? "every row of the table has its image"
        : `${found.length} rows of the table have no image: ${shown.join(", ")}`;
    return { value: found.length, beyond: found.length > threshold, message, rows: [] };
  },
};

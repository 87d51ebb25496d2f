import type { Rule } from "../rule.ts";

/** Threshold: the largest share of rows that are further copies of an earlier row, by equal pixels. Above 5 % it fails. */
export const exactDuplicates: Rule = {
  name: "exact-duplicates",
  severity: "warn",
  threshold: 0,
  failBeyond: 0.05,
  find({ duplicateSets, dataset: { rowCount }, samples }, threshold) {
    const copies = duplicateSets.reduce((sum, rows) => sum + rows.length - 1, 0);
    const value = copies / Math.max(1, rowCount);
    const shown = duplicateSets.slice(0, 5).map((rows) =>
      rows
        .slice(0, 4)
        .map((row) => samples.id[row])
        .join(" = "),
    );
    const message =
      copies === 0
        ? "no two images have equal pixels"
        : `${copies} images repeat another's pixels, in ${duplicateSets.length} sets: ${shown.join("; ")}`;
    return { value, beyond: value > threshold, message, rows: duplicateSets.flat() };
  },
};

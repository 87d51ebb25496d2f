import type { Rule } from "../rule.ts";

/** Threshold: the largest share of source files that could not be read, 0 to 1. */
export const unreadableFiles: Rule = {
  name: "unreadable-files",
  severity: "warn",
  threshold: 0,
  find({ dataset: { unreadable, rowCount } }, threshold) {
    const broken = unreadable.filter(({ cause }) => cause === undefined);
    const value = broken.length / Math.max(1, broken.length + rowCount);
    const shown = broken.slice(0, 5).map(({ source, reason }) => `${source} (${reason})`);
    const message =
      broken.length === 0 ? "every file could be read" : `${broken.length} files could not be read: ${shown.join("; ")}`;
    return { value, beyond: value > threshold, message, rows: [] };
  },
};

import type { Rule } from "../rule.ts";

/** Threshold: the largest number of image files that are of another kind than their names say. They are read as what they are. */
export const misnamedFiles: Rule = {
  name: "misnamed-files",
  severity: "warn",
  threshold: 0,
  find({ samples: { id, sourceFiles } }, threshold) {
    const { misnamed = [] } = sourceFiles ?? {};
    const rows = [...misnamed.keys()].filter((row) => misnamed[row] !== "");
    const shown = rows.slice(0, 5).map((row) => `${id[row]} (${misnamed[row]})`);
    const message =
      rows.length === 0
        ? "no file is of another kind than its name says"
        : `${rows.length} files are of another kind than their names say: ${shown.join(", ")}`;
    return { value: rows.length, beyond: rows.length > threshold, message, rows };
  },
};

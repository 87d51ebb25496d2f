import type { Rule } from "../rule.ts";

/** Threshold: the largest number of sets of identical images that stand in more than one of the parts the source gives. */
export const duplicatesAcrossParts: Rule = {
  name: "duplicates-across-parts",
  severity: "fail",
  threshold: 0,
  find({ duplicateSets, samples }, threshold) {
    const sets = duplicateSets.filter(
      (rows) => new Set(rows.map((row) => samples.part[row]).filter((part) => part !== "")).size > 1,
    );
    const say = (row: number) => `${samples.id[row]} in ${samples.part[row] || "no part"}`;
    const shown = sets.slice(0, 5).map((rows) => rows.slice(0, 4).map(say).join(" = "));
    const message =
      sets.length === 0
        ? "no image stands in two given parts"
        : `${sets.length} sets of identical images stand in more than one given part: ${shown.join("; ")}`;
    return { value: sets.length, beyond: sets.length > threshold, message, rows: sets.flat() };
  },
};

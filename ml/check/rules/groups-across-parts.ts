import type { Rule } from "../rule.ts";

/** Threshold: the largest number of groups (patients, lesions) that stand in more than one of the parts the source gives. */
export const groupsAcrossParts: Rule = {
  name: "groups-across-parts",
  severity: "fail",
  threshold: 0,
  find({ samples }, threshold) {
    const rowsByGroup = new Map<string, number[]>();
    for (const [row, group] of samples.group.entries()) {
      if (group === "" || samples.part[row] === "") continue;
      const rows = rowsByGroup.get(group);
      if (rows) rows.push(row);
      else rowsByGroup.set(group, [row]);
    }
    const straddling = [...rowsByGroup].filter(([, rows]) => rows.some((row) => samples.part[row] !== samples.part[rows[0]!]));
    const shown = straddling.slice(0, 5).map(([group]) => JSON.stringify(group));
    const message =
      straddling.length === 0
        ? "no group stands in two given parts"
        : `${straddling.length} groups stand in more than one given part: ${shown.join(", ")}`;
    const rows = straddling.flatMap(([, members]) => members);
    return { value: straddling.length, beyond: straddling.length > threshold, message, rows };
  },
};

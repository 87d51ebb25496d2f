import type { Rule } from "../rule.ts";

/** Threshold: the largest number of groups (one lesion, one patient) whose rows have different labels. */
export const contradictingGroups: Rule = {
  name: "contradicting-groups",
  severity: "info",
  threshold: 0,
  find({ samples, dataset: { classes } }, threshold) {
    const rowsByGroup = new Map<string, number[]>();
    for (const [row, group] of samples.group.entries()) {
      if (group === "" || samples.label[row]! < 0) continue;
      const rows = rowsByGroup.get(group);
      if (rows) rows.push(row);
      else rowsByGroup.set(group, [row]);
    }
    const sets = [...rowsByGroup].filter(([, rows]) => rows.some((row) => samples.label[row] !== samples.label[rows[0]!]));
    const say = ([group, rows]: (typeof sets)[number]) =>
      `${JSON.stringify(group)} is ${[...new Set(rows.map((row) => classes[samples.label[row]!]))].join(" and ")}`;
    const several = [...rowsByGroup.values()].filter((rows) => rows.length > 1).length;
    const message =
      sets.length === 0
        ? `each group has one label; ${several} groups have several images`
        : `${sets.length} of ${several} groups with several images have different labels: ${sets.slice(0, 5).map(say).join("; ")}`;
    return { value: sets.length, beyond: sets.length > threshold, message, rows: sets.flatMap(([, rows]) => rows) };
  },
};

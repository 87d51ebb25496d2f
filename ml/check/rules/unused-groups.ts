import { isNameOfGroup } from "../../group-names.ts";
import type { Rule } from "../rule.ts";

/** A column of ids that repeat: neither a class of a few values nor one value a row. */
const [leastDistinctShare, mostDistinctShare] = [0.1, 0.98];
const leastFilledShare = 0.9;

/** Threshold: the largest number of columns that look like groups (patients, lesions) where dataset.group names none. */
export const unusedGroups: Rule = {
  name: "unused-groups",
  severity: "warn",
  threshold: 0,
  find({ dataset: { columns, rowCount }, samples }, threshold) {
    const isGrouped = samples.group.some((group) => group !== "");
    const found = (isGrouped ? [] : columns)
      .map(({ name, type }) => ({
        name,
        distinct: distinctIds(samples.columns[name] ?? [], type === "string" || isNameOfGroup(name)),
      }))
      .filter(({ distinct }) => distinct >= leastDistinctShare * rowCount && distinct <= mostDistinctShare * rowCount);
    const [first] = found;
    const message = first
      ? `the column ${JSON.stringify(first.name)} looks like a group (${first.distinct} values in ${rowCount} rows); name it as dataset.group, ` +
        `or rows of one value will be in train and test`
      : "no unused column looks like a group";
    return { value: found.length, beyond: found.length > threshold, message, rows: [] };
  },
};

/** How many different ids a column holds; 0 where its values are no ids: measures, prose, or mostly missing. */
function distinctIds(values: readonly (string | number | null)[], mayBeIds: boolean): number {
  const present = values.filter((value) => value !== null);
  const areIds =
    mayBeIds &&
    present.length >= leastFilledShare * values.length &&
    present.every((value) => (typeof value === "number" ? Number.isInteger(value) : /^\S*\d\S*$/.test(value)));
  return areIds ? new Set(present).size : 0;
}

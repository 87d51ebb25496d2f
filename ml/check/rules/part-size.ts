import type { Rule } from "../rule.ts";

/**
 * Threshold: the smallest number of images that a validation or test part must have which the source gives. With fewer, chance decides which
 * epoch is best, or how good a model looks: of 100 answers the 95 % interval of an accuracy is up to 20 points wide.
 */
export const partSize: Rule = {
  name: "part-size",
  severity: "warn",
  threshold: 100,
  find({ samples: { part, label }, dataset: { classes } }, threshold) {
    const given = ["validation", "test"].flatMap((name) => {
      const rows = [...part.keys()].filter((row) => part[row] === name && label[row]! >= 0);
      const without = classes.filter((_, code) => !rows.some((row) => label[row] === code));
      return rows.length === 0 ? [] : [{ name, size: rows.length, without }];
    });
    const smallest = given.toSorted((a, b) => a.size - b.size)[0];
    if (!smallest) return { value: threshold, beyond: false, message: "the source gives no validation or test part", rows: [] };
    const lacking = given.flatMap(({ name, without }) =>
      without.length === 0
        ? []
        : [
            `; ${name} has no ${without
              .slice(0, 5)
              .map((each) => JSON.stringify(each))
              .join(", ")}`,
          ],
    );
    return {
      value: smallest.size,
      beyond: smallest.size < threshold || lacking.length > 0,
      message: `the given ${smallest.name} part has ${smallest.size} images${lacking.join("")}`,
      rows: [],
    };
  },
};

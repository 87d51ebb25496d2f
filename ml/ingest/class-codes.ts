import { InvalidData } from "../errors.ts";

/**
 * Class names in the order of their codes, and the code of each row; -1 where there is no label.
 *
 * @param given names from the pipeline file; without them those that occur, in alphanumeric order of code units
 * @throws {InvalidData} where a label is not among the given names
 */
export function classCodes(
  labels: readonly (string | null)[],
  given: readonly string[] | null,
): { classes: string[]; codes: number[] } {
  const occurring = new Set(labels.filter((label) => label !== null));
  const classes = given ? [...given] : [...occurring].toSorted((a, b) => (a < b ? -1 : 1));
  const codeOf = new Map(classes.map((name, code) => [name, code]));
  for (const label of occurring) {
    if (codeOf.has(label)) continue;
    const count = labels.filter((other) => other === label).length;
    throw new InvalidData(
      `${count} images have the class ${JSON.stringify(label)}, which dataset.classes does not name; it names ${classes.join(", ")}. Add it, or take those images out`,
    );
  }
  return { classes, codes: labels.map((label) => (label === null ? -1 : (codeOf.get(label) ?? -1))) };
}

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

/**
 * Names for labels that are codes already: those given, else the numbers from 0 to the largest.
 *
 * @param labels codes from 0 on, one array a part
 * @throws {InvalidData} where fewer names are given than there are codes
 */
export function numberedClasses(labels: readonly Readonly<ArrayLike<number>>[], given: readonly string[] | null): string[] {
  let largest = 0;
  for (const codes of labels) for (let i = 0; i < codes.length; i++) largest = Math.max(largest, codes[i]!);
  if (given === null) return Array.from({ length: largest + 1 }, (_, code) => String(code));
  if (largest < given.length) return [...given];
  throw new InvalidData(`dataset.classes names ${given.length} classes, but the labels go up to ${largest}; name ${largest + 1}`);
}

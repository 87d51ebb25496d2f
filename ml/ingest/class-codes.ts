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
 * Classes of labels that are whole numbers, in the order of the numbers, and how numbers become codes. Where names are given for all numbers from 0 on, the
 * numbers are codes; else only numbers that occur are classes, so that labels may begin at 1 or leave some out.
 *
 * @param labels from 0 on, one array a part
 * @throws {InvalidData} where neither as many names are given as there are numbers, nor as many as they go up to
 */
export function numberedClasses(
  labels: readonly Readonly<ArrayLike<number>>[],
  given: readonly string[] | null,
): { classes: string[]; toCodes: (numbers: Readonly<ArrayLike<number>>) => Int32Array } {
  const occurring = new Set<number>();
  for (const numbers of labels) for (let i = 0; i < numbers.length; i++) occurring.add(numbers[i]!);
  const numbers = [...occurring].toSorted((a, b) => a - b);
  const largest = numbers.at(-1) ?? 0;
  if (given && given.length > largest) return { classes: [...given], toCodes: (part) => Int32Array.from(part) };
  if (given && given.length !== numbers.length) {
    throw new InvalidData(
      `dataset.classes names ${given.length} classes, but the labels go up to ${largest}, and ${numbers.length} numbers occur; name ${largest + 1} from 0 on` +
        (numbers.length === largest + 1 ? "" : `, or the ${numbers.length} that occur`),
    );
  }
  const codeOf = new Map(numbers.map((number, code) => [number, code]));
  const toCodes = (part: Readonly<ArrayLike<number>>) => Int32Array.from(part, (number) => codeOf.get(number)!);
  return { classes: given ? [...given] : numbers.map(String), toCodes };
}

import { InvalidData } from "../errors.ts";
import type { TextColumns } from "./table-columns.ts";

/** What a person says of one image: leave it out, or give it another class. */
export interface Correction {
  /** The sample's id. */
  image: string;
  action: "exclude" | "relabel";
  /** The class it gets; null where it is left out. */
  label: string | null;
  reason: string;
}

/** The head of a file of corrections. */
export const correctionColumns = ["image", "action", "label", "reason"] as const;

/**
 * Corrections as a table holds them, one a line.
 * @throws {InvalidData} naming the line, where a column, an image, an action, a label or a reason is missing
 */
export function readCorrections(table: TextColumns, file: string): Correction[] {
  const absent = correctionColumns.filter((name) => table[name] === undefined);
  if (absent.length > 0)
    throw new InvalidData(
      `${file}: corrections have the columns ${correctionColumns.join(", ")}; received ${Object.keys(table).join(", ")} without ${absent.join(", ")}`,
    );
  const seen = new Map<string, number>();
  return (table["image"] ?? []).map((_, row) => {
    const cell = (name: (typeof correctionColumns)[number]) => String(table[name]?.[row] ?? "");
    const refuse = (why: string): never => {
      throw new InvalidData(`${file}, line ${row + 2}: ${why}`);
    };
    // Names of files and classes may begin or end with a blank.
    const [image, action, label, reason] = [cell("image"), cell("action").trim(), cell("label"), cell("reason").trim()];
    if (image === "") refuse("names no image");
    const before = seen.get(image);
    if (before !== undefined) refuse(`${JSON.stringify(image)} was corrected in line ${before} already`);
    seen.set(image, row + 2);
    if (reason === "") refuse(`says no reason for ${JSON.stringify(image)}; each correction needs one`);
    if (action === "exclude") return { image, action, label: null, reason };
    if (action !== "relabel") return refuse(`action is exclude or relabel; received ${JSON.stringify(action)}`);
    if (label === "") refuse(`relabels ${JSON.stringify(image)} without saying as what`);
    return { image, action, label, reason };
  });
}

/**
 * Samples with corrections applied, by id; those left out are not among them.
 * @throws {InvalidData} where an image or a class is not in the data
 */
export function applyCorrections<Sample extends { id: string; label: number }>(
  samples: readonly Sample[],
  classes: readonly string[],
  corrections: readonly Correction[],
): Map<string, Sample> {
  const corrected = new Map(samples.map((sample) => [sample.id, sample]));
  const idOf = nameFinder([...corrected.keys()]);
  const classOf = nameFinder(classes);
  const unknown = corrections.filter(({ image }) => idOf(image) === undefined).map(({ image }) => JSON.stringify(image));
  if (unknown.length > 0)
    throw new InvalidData(
      `dataset.corrections names ${unknown.length} images that are not in the data: ${unknown.slice(0, 5).join(", ")}; it has ` +
        `${samples
          .slice(0, 3)
          .map(({ id }) => JSON.stringify(id))
          .join(", ")} …`,
    );
  for (const { image, label } of corrections) {
    const sample = corrected.get(idOf(image) ?? image);
    if (!sample) continue;
    if (label === null) {
      corrected.delete(sample.id);
      continue;
    }
    const code = classes.indexOf(classOf(label) ?? label);
    if (code < 0)
      throw new InvalidData(
        `dataset.corrections gives ${JSON.stringify(image)} the class ${JSON.stringify(label)}; the classes are ${classes.join(", ")}`,
      );
    corrected.set(sample.id, { ...sample, label: code });
  }
  return corrected;
}

/** Finds names as they stand, or, where that is but one, without the blanks at their ends, which few programs quote in a CSV. */
function nameFinder(names: readonly string[]): (text: string) => string | undefined {
  const known = new Set(names);
  const trimmed = new Map<string, string | undefined>();
  for (const name of names) trimmed.set(name.trim(), trimmed.has(name.trim()) ? undefined : name);
  return (text) => (known.has(text) ? text : trimmed.get(text.trim()));
}

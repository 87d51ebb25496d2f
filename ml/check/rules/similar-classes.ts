import type { Rule } from "../rule.ts";

/** Threshold: the largest number of classes named as another is but for capitals, blanks, signs or how accents are written. */
export const similarClasses: Rule = {
  name: "similar-classes",
  severity: "warn",
  threshold: 0,
  find({ dataset: { classes } }, threshold) {
    const alike = new Map<string, string[]>();
    for (const name of classes) {
      const base = baseOf(name);
      alike.set(base, [...(alike.get(base) ?? []), JSON.stringify(name)]);
    }
    const sets = [...alike.values()].filter(({ length }) => length > 1);
    const value = sets.reduce((sum, { length }) => sum + length - 1, 0);
    const message =
      value === 0
        ? "no two classes have nearly the same name"
        : `classes that may be one by their names: ${sets
            .slice(0, 10)
            .map((names) => names.join(" = "))
            .join("; ")}`;
    return { value, beyond: value > threshold, message, rows: [] };
  },
};

/** What is left of a name without what people write now so, now so; a name of signs alone, "+" say, as it is. */
function baseOf(name: string): string {
  const letters = name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s\-_.,;:'"]+/g, " ")
    .trim();
  return letters === "" ? name : letters;
}

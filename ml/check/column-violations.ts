import type { CheckFacts, Finding } from "./rule.ts";
import type { ColumnExpectation } from "./schema.ts";

type Values = readonly (string | number | null)[];

/** A column by the name it has in the source's table: the key's are ids, the label's class names, the group's groups. Null where there is none. */
export function columnOf({ dataset, samples, names }: CheckFacts, name: string): Values | null {
  if (name === names.key) return samples.id;
  if (name === names.label) return Array.from(samples.label, (label) => dataset.classes[label] ?? null);
  if (name === names.group) return samples.group.map((group) => group || null);
  return samples.columns[name] ?? null;
}

interface Question {
  isAsked: (expected: ColumnExpectation) => boolean;
  /** Whether a value that is there is not as expected. */
  breaks: (value: string | number, expected: ColumnExpectation) => boolean;
  /** What was expected, for the message. */
  what: (name: string, expected: ColumnExpectation) => string;
  /** Whether a declared column that is absent counts as one value more. */
  countsAbsent?: boolean;
  /** What is said where nothing is found. */
  fine: string;
}

/** All values that are not as `check.columns` declares them, not the first only. */
export function violations(facts: CheckFacts, threshold: number, question: Question): Finding {
  const { isAsked, breaks, what, countsAbsent = false, fine } = question;
  const rows = new Set<number>();
  const said: string[] = [];
  let value = 0;
  for (const [name, expected] of Object.entries(facts.expected)) {
    const values = columnOf(facts, name);
    if (values === null && countsAbsent) {
      value++;
      said.push(`there is no column ${JSON.stringify(name)}`);
    }
    if (values === null || !isAsked(expected)) continue;
    const own = [...values.keys()].filter((row) => values[row] !== null && breaks(values[row]!, expected));
    if (own.length === 0) continue;
    value += own.length;
    for (const row of own) rows.add(row);
    const shown = own.slice(0, 3).map((row) => JSON.stringify(values[row]));
    said.push(
      `${name}: ${what(name, expected)}, received ${shown.join(", ")}${own.length > 3 ? ` and ${own.length - 3} more` : ""}`,
    );
  }
  const message = said.length === 0 ? fine : said.slice(0, 10).join("; ");
  return { value, beyond: value > threshold, message, rows: [...rows].toSorted((a, b) => a - b) };
}

import { InvalidData } from "../errors.ts";
import { isNameOfGroup } from "../group-names.ts";
import { globMatcher } from "./glob.ts";
import { placeImages } from "./image-paths.ts";
import { partNamed } from "./part-words.ts";
import { ImageNames } from "./image-names.ts";
import type { GuessedReading, SourceSurvey } from "./source-survey.ts";
import { countBy, fewestGroups, givenPartsOfGroups } from "./source-survey.ts";
import type { TypedColumn } from "./table-columns.ts";

type SurveyedTable = SourceSurvey["tables"][number];

/** A table and its column that names images. */
interface Match extends SurveyedTable {
  key: TypedColumn;
  /** Rows by the path of their image. */
  found: Map<string, number>;
}

const labelNames = /^(labels?|class(es)?|category|target|dx|diagnosis|species|disease|finding|y)$/i;
const groupNames = /patient|lesion|subject|person|group|case|study|animal|site/i;

/** A class that other columns tell in so many rows gives the answer away. */
const leakShare = 0.1;
const mostClasses = 100;

/** How a table is joined with the images; null where none names them. */
export function guessTable(survey: SourceSurvey): GuessedReading | null {
  const match = bestMatch(survey);
  if (!match) return null;
  const part = match.columns.find(saysPart);
  const others = match.columns.filter((column) => column.name !== match.key.name && column.name !== "" && column !== part);
  const label = guessLabel(others, match.key.values.length);
  if (label) refuseOneHot(others, label, match.path);
  if (!label)
    throw new InvalidData(
      `${match.path} names the images in its column ${match.key.name}, but none of its other columns looks like a class; it has ` +
        others.map(({ name }) => name).join(", "),
    );
  const rows = [...match.found.values()];
  const byPath = new Map(survey.images.map((image) => [image.path, image]));
  const places = part
    ? rows.map((row) => ({ part: partNamed(String(part.values[row] ?? "")) }))
    : placeImages([...match.found.keys()].flatMap((path) => byPath.get(path) ?? []));
  const labels = rows.map((row) => String(label.values[row] ?? ""));
  const group = guessGroup(others, label);
  const groups = rows.map((row) => String(group?.values[row] ?? ""));
  const files = [...new Set(survey.images.filter(({ path }) => match.found.has(path)).map(({ file }) => file))];
  const holders = new Set(survey.images.map(({ file }) => file));
  const unmatched = {
    images: survey.images.filter(({ path, file }) => files.includes(file) && !match.found.has(path)).length,
    lines: match.key.values.length - rows.length,
  };
  const forbidden = others
    .filter((column) => column !== label && column !== group)
    .map((column) => ({
      column: column.name,
      share: tellingShare(
        rows.map((row) => column.values[row] ?? null),
        labels,
      ),
    }))
    .filter(({ share }) => share >= leakShare);
  return {
    layout: "table",
    classCounts: countBy(labels),
    // Loose images cannot be named by a pattern that would be shorter than their list.
    ...(files.length < holders.size && files.length <= 20 ? { images: namePattern(files, survey.paths) } : {}),
    table: match.path,
    key: match.key.name,
    label: label.name,
    ...(group ? { group: group.name, fewestGroups: fewestGroups(groups, labels) } : {}),
    ...(part ? { part: part.name } : {}),
    ...(forbidden.length > 0 ? { forbidden } : {}),
    ...(unmatched.images + unmatched.lines > 0 ? { unmatched } : {}),
    parts: givenPartsOfGroups(places, groups),
  };
}

/** Keys must be unique; a table with a few that are not is still the one that is meant, and ingest says which. */
const leastUniqueShare = 0.9;

/** The table and column whose values name most images, each once; of equals the table with the fewest columns. */
function bestMatch({ tables, images }: SourceSurvey): Match | undefined {
  const names = new ImageNames(images.map(({ path }) => path));
  const matches = tables.flatMap((table) =>
    table.columns.map((key): Match => ({ ...table, key, found: rowsByPath(key, names) })),
  );
  return matches
    .filter(
      ({ key: { values }, found }) =>
        found.size > 0 && found.size >= values.length / 2 && new Set(values).size >= leastUniqueShare * values.length,
    )
    .toSorted((a, b) => b.found.size - a.found.size || a.columns.length - b.columns.length)[0];
}

function rowsByPath({ values }: TypedColumn, names: ImageNames): Map<string, number> {
  return new Map(
    values.flatMap((value, row) => {
      const [path] = value === null ? [] : names.find(String(value));
      return path === undefined ? [] : [[path, row] as const];
    }),
  );
}

/** Words for parts alone, and of more than one. */
function saysPart({ values }: TypedColumn): boolean {
  const parts = new Set(values.map((value) => partNamed(String(value ?? ""))));
  return parts.size > 1 && !parts.has("");
}

/** Few values, in nearly all rows; names that say so before others. */
function guessLabel(columns: readonly TypedColumn[], rowCount: number): TypedColumn | undefined {
  const possible = columns.filter(({ type, values }) => {
    const present = values.filter((value) => value !== null);
    const distinct = new Set(present).size;
    const isWhole = type === "string" || present.every((value) => Number.isInteger(value));
    return isWhole && distinct >= 2 && distinct <= Math.min(mostClasses, rowCount / 5) && present.length >= 0.99 * rowCount;
  });
  return possible.find(({ name }) => labelNames.test(name)) ?? possible[0];
}

/** A column a class, 1 in one of them: its first column would be taken for the class, and all others be one. */
function refuseOneHot(columns: readonly TypedColumn[], label: TypedColumn, table: string): void {
  const sums = label.values.map(() => 0);
  const names: string[] = [];
  for (const { name, values } of columns.slice(columns.indexOf(label))) {
    if (values.some((value) => value !== 0 && value !== 1)) return;
    names.push(name);
    for (const [row, value] of values.entries()) sums[row]! += Number(value);
    if (names.length < 3 || sums.some((sum) => sum !== 1)) continue;
    throw new InvalidData(
      `${table} holds the class as 0 and 1 in the columns ${names.join(", ")}; dataset.label names one column. Write the names into one, with pandas ` +
        `table["label"] = table[${JSON.stringify(names)}].idxmax(axis=1), or a pipeline file of your own that tells one of them from all others`,
    );
  }
}

/** Ids that repeat, but stand for more than a few rows each: patients, lesions. */
function guessGroup(columns: readonly TypedColumn[], label: TypedColumn): TypedColumn | undefined {
  const possible = columns.filter(({ name, type, values }) => {
    const distinct = new Set(values).size;
    const areIds =
      type === "string" || (isNameOfGroup(name) && values.every((value) => value === null || Number.isInteger(value)));
    return areIds && distinct >= 0.1 * values.length && distinct <= 0.98 * values.length;
  });
  return possible
    .filter((column) => column !== label)
    .toSorted((a, b) => Number(groupNames.test(b.name)) - Number(groupNames.test(a.name)))[0];
}

/** Share of rows whose value stands for one class alone, in values of at least 20 rows; 0 for columns of many values. */
function tellingShare(values: readonly (string | number | null)[], labels: readonly string[]): number {
  const byValue = new Map<string | number | null, { labels: Set<string>; rows: number }>();
  for (const [row, value] of values.entries()) {
    const known = byValue.get(value) ?? { labels: new Set<string>(), rows: 0 };
    byValue.set(value, known);
    known.labels.add(labels[row]!);
    known.rows++;
  }
  if (byValue.size > mostClasses) return 0;
  const telling = [...byValue.values()].filter(({ labels: seen, rows }) => seen.size === 1 && rows >= 20);
  return telling.reduce((sum, { rows }) => sum + rows, 0) / values.length;
}

/** The files as one pattern where that names no other file, else one by one. */
function namePattern(files: readonly string[], all: readonly string[]): string | string[] {
  const [pattern, ...others] = [...new Set(files.map((file) => file.replace(/\d+(?=\.[^.]+$)/, "*")))];
  if (pattern !== undefined && others.length === 0) {
    const matches = globMatcher(pattern);
    if (all.filter((path) => matches(path)).length === files.length) return files.length === 1 ? files[0]! : pattern;
  }
  return [...files];
}

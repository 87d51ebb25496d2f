import { InvalidConfiguration, InvalidData } from "../errors.ts";
import { ImageNames } from "./image-names.ts";
import { partNamed, partOfWord } from "./part-words.ts";
import type { PartName } from "./schema.ts";
import type { TypedColumn } from "./table-columns.ts";

export interface JoinOptions {
  /** Name of the table, for messages. */
  table: string;
  key: string;
  label: string;
  group: string | null;
  part: string | null;
  forbidden: readonly string[];
}

/** One image with its line of the table. */
export interface JoinedRow {
  /** The key, which is the sample's id. */
  id: string;
  path: string;
  label: string | null;
  group: string;
  /** What the column of parts says; null where none is named. */
  part: PartName | "" | null;
  columns: Record<string, string | number | null>;
}

export interface JoinedTable {
  /** In the order of keys. */
  rows: JoinedRow[];
  /** Columns that go along: all but key, label, group, part and those forbidden. */
  columns: { name: string; type: "number" | "string" }[];
  /** Lines without an image, and images without a line. */
  unmatched: { source: string; reason: string; cause: "no-file" | "no-row" }[];
}

/**
 * Joins the lines of a table with images, by keys as {@link ImageNames} reads them.
 *
 * @throws {InvalidConfiguration} where a column named is not there
 * @throws {InvalidData} where keys are missing or not unique, one fits several images, two fit one, or a part is none
 */
export function joinTable(table: readonly TypedColumn[], paths: readonly string[], options: JoinOptions): JoinedTable {
  const { key, label, group, part, forbidden } = options;
  const column = (name: string, setting: string) => findColumn(table, name, setting, options.table);
  const keys = column(key, "key").values;
  const labels = column(label, "label").values;
  const groups = group === null ? null : column(group, "group").values;
  const parts = part === null ? null : column(part, "part").values;
  for (const name of forbidden) column(name, "forbidden");
  const carried = table.filter(({ name }) => ![key, label, group, part, ...forbidden].includes(name));

  const images = new ImageNames(paths);
  const keyOf = new Map<string, string>();
  const lines = new Map<string, number>();
  const unmatched: JoinedTable["unmatched"] = [];
  const rows: JoinedRow[] = [];
  for (const [line, value] of keys.entries()) {
    const id = uniqueKey(value, line, lines, options);
    const path = takeImage(id, images, options);
    if (path === null) {
      unmatched.push({ source: id, reason: `${options.table} names it, but there is no such image`, cause: "no-file" });
      continue;
    }
    const before = keyOf.get(path);
    if (before !== undefined) {
      throw new InvalidData(
        `${options.table}: ${JSON.stringify(before)} and ${JSON.stringify(id)} both name the image ${path}; take one of the rows out`,
      );
    }
    keyOf.set(path, id);
    const columns = Object.fromEntries(carried.map(({ name, values }) => [name, values[line] ?? null]));
    rows.push({
      id,
      path,
      label: textOf(labels[line]),
      group: textOf(groups?.[line]) ?? "",
      part: parts && readPart(parts[line], line, options),
      columns,
    });
  }
  for (const path of paths.filter((each) => !keyOf.has(each)))
    unmatched.push({ source: path, reason: `no line of ${options.table} names it`, cause: "no-row" });
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { rows, columns: carried.map(({ name, type }) => ({ name, type })), unmatched };
}

/** A row whose cell is empty is in none. */
function readPart(value: string | number | null | undefined, line: number, { table, part }: JoinOptions): PartName | "" {
  const text = textOf(value);
  const named = text === null ? "" : partNamed(text);
  if (text !== null && named === "") {
    throw new InvalidData(
      `${table}: row ${line + 1} has the ${part} ${JSON.stringify(text)}; parts are called ${[...partOfWord.keys()].join(", ")}`,
    );
  }
  return named;
}

function findColumn(table: readonly TypedColumn[], name: string, setting: string, tableName: string): TypedColumn {
  const found = table.find((column) => column.name === name);
  if (found) return found;
  const names = table.map((column) => column.name).join(", ");
  throw new InvalidConfiguration(`dataset.${setting}: ${tableName} has no column ${JSON.stringify(name)}; it has ${names}`);
}

/** @param lines those seen so far, by key; the new one is added */
function uniqueKey(
  value: string | number | null | undefined,
  line: number,
  lines: Map<string, number>,
  { table, key }: JoinOptions,
): string {
  const id = textOf(value);
  if (id === null) throw new InvalidData(`${table}: row ${line + 1} has no ${key}; each row must name its image`);
  const before = lines.get(id);
  if (before !== undefined) {
    throw new InvalidData(
      `${table}: rows ${before + 1} and ${line + 1} have the same ${key}, ${JSON.stringify(id)}; keys must be unique: take one of them out`,
    );
  }
  lines.set(id, line);
  return id;
}

function textOf(value: string | number | null | undefined): string | null {
  return value === null || value === undefined || value === "" ? null : String(value);
}

/** The one image a key names, or null. */
function takeImage(key: string, images: ImageNames, { table }: JoinOptions): string | null {
  const [path, ...others] = images.find(key);
  if (path === undefined || others.length === 0) return path ?? null;
  throw new InvalidData(
    `${table}: ${JSON.stringify(key)} fits ${others.length + 1} images: ${[path, ...others].slice(0, 3).join(", ")}; write the path in the table, or name fewer under dataset.images`,
  );
}

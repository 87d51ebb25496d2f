import { InvalidConfiguration, InvalidData } from "../../ml/errors.ts";
import { classCodes } from "../../ml/ingest/class-codes.ts";
import { globMatcher } from "../../ml/ingest/glob.ts";
import { placeImages } from "../../ml/ingest/image-paths.ts";
import { joinTable } from "../../ml/ingest/join-table.ts";
import { typeColumns } from "../../ml/ingest/table-columns.ts";
import { readTextTable } from "../../storage/text-table.ts";
import { openDecodedSource } from "./decoded-source.ts";
import type { ListedEntries } from "./image-entries.ts";
import { withImageEntries } from "./image-entries.ts";
import type { ImageEntry, ImageSource, ReaderTask } from "./image-source.ts";

/** Reads images joined with a table on a column. Ids are the table's keys; parts come from a column, or from folders where these have such names. */
export function openTableSource(table: string, task: ReaderTask): Promise<ImageSource> {
  return withImageEntries(task, (listed) => tableSource(table, task, listed));
}

async function tableSource(
  table: string,
  { files, reading, parameters }: ReaderTask,
  { entries, unopened, close }: ListedEntries,
): Promise<ImageSource> {
  const { key, label, group = null, part = null, forbidden = [], classes: given = null } = reading;
  if (key === undefined || label === undefined) {
    throw new InvalidConfiguration("dataset.table needs dataset.key, the column that names the image, and dataset.label");
  }
  const path = findTable(files.paths, table);
  const columns = typeColumns(await readTextTable(await files.localPath(path), path));
  const byPath = new Map<string, ImageEntry>(entries.map((entry) => [entry.path, entry]));
  const joined = joinTable(columns, [...byPath.keys()], { table: path, key, label, group, part, forbidden });
  if (joined.rows.length === 0) throw new InvalidData(describeNoMatch(path, key, entries));

  const { classes, codes } = classCodes(
    joined.rows.map((row) => row.label),
    given,
  );
  const matched = joined.rows.map((row) => ({ row, entry: byPath.get(row.path) ?? neverListed(row.path) }));
  const places = placeImages(matched.map(({ entry }) => entry));
  const images = matched.map(({ row, entry }, i) => ({
    entry,
    sample: {
      id: row.id,
      label: codes[i] ?? -1,
      part: row.part ?? places[i]?.part ?? "",
      group: row.group,
      columns: row.columns,
    },
  }));
  const unreadable = [...unopened, ...joined.unmatched];
  return openDecodedSource(images, { classes, columns: joined.columns, unreadable, parameters, close });
}

function findTable(paths: readonly string[], table: string): string {
  const matches = globMatcher(table);
  const found = paths.filter((path) => path === table || matches(path));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const tables = paths.filter((path) => /\.(csv|tsv|parquet)$/i.test(path)).slice(0, 5);
  throw new InvalidData(
    `dataset.table ${JSON.stringify(table)} is ${first === undefined ? "not in the source" : `${found.length} files`}; it has the tables ${tables.join(", ") || "(none)"}`,
  );
}

function describeNoMatch(table: string, key: string, entries: readonly ImageEntry[]): string {
  const shown = entries.slice(0, 3).map(({ path }) => path);
  return (
    `No image has a line in ${table}: its column ${JSON.stringify(key)} fits none of ${entries.length} images (${shown.join(", ")} …); ` +
    `it must hold their paths or names, with or without extension`
  );
}

function neverListed(path: string): never {
  throw new InvalidData(`${path} was joined but is not among the images`);
}

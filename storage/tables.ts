import { readFile } from "node:fs/promises";

import type { SchemaElement } from "hyparquet";
import { parquetMetadata, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetWriteBuffer } from "hyparquet-writer";

import { InvalidData } from "../ml/errors.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";

export type Cell = string | number | boolean | null;

/** Columns by name, all of one length; null = missing. */
export type Table = Record<string, Cell[]>;

/** A column to be written. `int32` and `double` take typed arrays as well. */
export interface TableColumn {
  name: string;
  type: "string" | "int32" | "double";
  values: readonly (string | number | null)[] | Int32Array | Float32Array | Float64Array;
}

const parquetTypes = { string: "STRING", int32: "INT32", double: "DOUBLE" } as const;

/** Parquet bytes of some columns, in the order given. Equal columns give equal bytes. */
export function encodeTable(columns: readonly TableColumn[]): Uint8Array {
  const columnData = columns.map(({ name, type, values }) => ({
    name,
    type: parquetTypes[type],
    data: values instanceof Float32Array ? Float64Array.from(values) : (values as (string | number | null)[]),
  }));
  // A fixed creator: its default holds the library's version, and the bytes are addressed by their content.
  return new Uint8Array(parquetWriteBuffer({ columnData, statistics: false, createdBy: "convoy" }));
}

/**
 * Reads a parquet file, all columns or those named; lists and structures are no columns of a table, and left out.
 * @throws {InvalidData} where it is not a parquet file, or lacks a column
 */
export async function readTable(path: string, columns?: readonly string[]): Promise<Table> {
  return decodeTable(await readFile(path), path, columns);
}

/** {@link readTable} of bytes in memory; `name` is for messages. */
export async function decodeTable(bytes: Uint8Array, name: string, columns?: readonly string[]): Promise<Table> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(file);
    const rowCount = Number(metadata.num_rows);
    const present = plainColumns(metadata.schema);
    const absent = columns?.find((column) => !present.includes(column));
    if (absent !== undefined) throw new InvalidData(`no column ${JSON.stringify(absent)}; there are ${present.join(", ")}`);
    const table: Table = Object.fromEntries(
      (columns ?? present).map((column) => [column, Array.from({ length: rowCount }, (): Cell => null)]),
    );
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: Object.keys(table),
      onChunk: ({ columnName, columnData, rowStart }) => {
        const target = table[columnName];
        if (target) for (let i = 0; i < columnData.length; i++) target[rowStart + i] = toCell(columnData[i]);
      },
    });
    return table;
  } catch (cause) {
    throw new InvalidData(`${name} cannot be read as parquet: ${(cause as Error).message}`, { cause });
  }
}

/** @param schema depth first: a root, then columns, each followed by what it is made of */
function plainColumns([root, ...elements]: readonly SchemaElement[]): string[] {
  const names: string[] = [];
  let at = 0;
  const skip = (): void => {
    const { num_children: children = 0 } = elements[at++] ?? {};
    for (let i = 0; i < children; i++) skip();
  };
  for (let i = 0; i < (root?.num_children ?? 0); i++) {
    const { name, num_children: children } = elements[at] ?? {};
    if (name !== undefined && children === undefined) names.push(name);
    skip();
  }
  return names;
}

/** The fixed columns of a samples table, what image files were where it is known, and the user's. */
export function encodeSamples(samples: Samples, columns: Dataset["columns"]): Uint8Array {
  return encodeTable([
    { name: "id", type: "string", values: samples.id },
    { name: "label", type: "int32", values: samples.label },
    { name: "part", type: "string", values: samples.part },
    { name: "group", type: "string", values: samples.group },
    { name: "sha256", type: "string", values: samples.sha256 },
    ...(samples.sourceSizes
      ? [
          { name: "sourceHeight", type: "int32" as const, values: samples.sourceSizes.heights },
          { name: "sourceWidth", type: "int32" as const, values: samples.sourceSizes.widths },
        ]
      : []),
    ...(samples.sourceFiles
      ? [
          { name: "orientation", type: "int32" as const, values: samples.sourceFiles.orientations },
          { name: "misnamed", type: "string" as const, values: samples.sourceFiles.misnamed },
        ]
      : []),
    ...columns.map(({ name, type }) => ({
      // Prefixed: a user's column may well be called "id" or "label".
      name: `column:${name}`,
      type: type === "number" ? ("double" as const) : ("string" as const),
      values: samples.columns[name] ?? [],
    })),
  ]);
}

/** Reads the samples of a data set: `readSamples(await artifacts.localPath(dataset.samples), dataset)`. */
export async function readSamples(path: string, { columns, rowCount }: Pick<Dataset, "columns" | "rowCount">): Promise<Samples> {
  const table = await readTable(path);
  const { id = [], label = [], part = [], group = [], sha256 = [], sourceHeight, sourceWidth, orientation, misnamed } = table;
  if ([id, label, part, group, sha256].some((column) => column.length !== rowCount)) {
    throw new InvalidData(`${path}: a samples table of ${rowCount} rows and five fixed columns was expected`);
  }
  return {
    id: id as string[],
    label: Int32Array.from(label as number[]),
    part: part as string[],
    group: group as string[],
    sha256: sha256 as string[],
    ...(sourceHeight && sourceWidth
      ? { sourceSizes: { heights: Int32Array.from(sourceHeight as number[]), widths: Int32Array.from(sourceWidth as number[]) } }
      : {}),
    ...(orientation && misnamed
      ? { sourceFiles: { orientations: Int32Array.from(orientation as number[]), misnamed: misnamed as string[] } }
      : {}),
    columns: Object.fromEntries(columns.map(({ name }) => [name, (table[`column:${name}`] ?? []) as (string | number | null)[]])),
  };
}

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  // Beyond 2^53 neighbors would become one number: such ids are text.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof Date) return value.toISOString();
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

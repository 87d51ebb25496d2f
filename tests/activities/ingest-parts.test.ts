import { afterEach, beforeEach, expect, test } from "vitest";
import sharp from "sharp";

import { divideImages } from "../../activities/ingest/parts.ts";
import type { ListedImage } from "../../activities/ingest/image-source.ts";
import { ingest } from "../../activities/ingest.ts";
import { ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { tarFile } from "../support/tar-file.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const imageCount = 1500;

/** Images of one pixel, all different, in two class folders; one of them is damaged. */
async function manyImages(): Promise<{ name: string; bytes: Buffer }[]> {
  return Promise.all(
    Array.from({ length: imageCount }, async (_, i) => {
      const pixel = Buffer.from([i % 256, i >> 8, 7]);
      const bytes = await sharp(pixel, { raw: { width: 1, height: 1, channels: 3 } })
        .png()
        .toBuffer();
      const name = `set/${i % 3 === 0 ? "cat" : "dog"}/${String(i).padStart(5, "0")}.${i === 1300 ? "jpg" : "png"}`;
      return { name, bytes: i === 1200 ? bytes.subarray(0, 20) : bytes };
    }),
  );
}

test("shares many images out to parts, whose joined rows are those of the files in order, with what could not be read", async () => {
  const files = await manyImages();
  const parameters = { ingest: ingestParametersSchema.parse({}), dataset: {} };
  const source = await storeSource(stage.artifacts, { "set.zip": zipFile(files) });

  const answer = await ingest({ parameters, inputs: { source }, seed: 0 }, stage);
  const { dataset, samples, pixels } = await ingestFiles(
    stage,
    { "set.zip": zipFile(files) },
    { parameters: { shardRows: 400 } },
  );

  expect("parts" in answer && answer.parts.length).toBe(2);
  const read = files.filter((_, i) => i !== 1200).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(samples.id).toEqual(read.map(({ name }) => name));
  expect(samples.sourceFiles?.misnamed).toEqual(read.map(({ name }) => (name.endsWith(".jpg") ? "PNG" : "")));
  expect([...samples.label]).toEqual(read.map(({ name }) => (name.includes("/cat/") ? 0 : 1)));
  expect(pixels).toEqual(read.flatMap(({ name }) => [Number(name.slice(8, 13)) % 256, Number(name.slice(8, 13)) >> 8, 7]));
  expect(dataset).toMatchObject({ rowCount: imageCount - 1, classes: ["cat", "dog"] });
  expect(dataset.unreadable.map(({ source: path }) => path)).toEqual(["set/cat/01200.png"]);
  expect(dataset.shards.reduce((sum, { rows }) => sum + rows, 0)).toBe(imageCount - 1);
});

test("gives the same rows from a tar archive and from loose files, whatever the size of shards", async () => {
  const files = await manyImages();
  const loose = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));

  const fromLoose = await ingestFiles(stage, loose, { parameters: { shardRows: 1000 } });
  const fromTar = await ingestFiles(stage, { "set.tar": await tarFile(files) }, { parameters: { shardRows: 77 } });

  expect(fromTar.samples).toEqual(fromLoose.samples);
  expect(fromTar.pixels).toEqual(fromLoose.pixels);
});

test("divides by the source alone: few images stay together, many give at most 256 parts, those of a tar 16", () => {
  const images = (count: number, file: string): ListedImage[] =>
    Array.from({ length: count }, (_, i) => ({
      entry: { path: `${i}`, file, member: `${i}`, refused: null, read: () => Promise.reject(new Error("not read")) },
      sample: { id: `${i}`, label: 0, part: "", group: "" },
    }));

  expect(divideImages(images(1024, "a.zip")).map((part) => part.length)).toEqual([1024]);
  expect(divideImages(images(1025, "a.zip")).map((part) => part.length)).toEqual([1024, 1]);
  expect(divideImages(images(600_000, "a.zip"))).toHaveLength(256);
  expect(divideImages(images(600_000, "a.tar"))).toHaveLength(16);
  expect(divideImages([])).toEqual([]);
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ingest } from "../../activities/ingest.ts";
import { ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const images = (rows: number, from = 0) =>
  encodeNpy({ dtype: "uint8", shape: [rows, 2, 3], data: Uint8Array.from({ length: rows * 6 }, (_, i) => from + i) });
const labels = (rows: number) =>
  encodeNpy({ dtype: "int64", shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) });
const floats = (values: readonly number[], shape = [values.length / 6, 2, 3]) =>
  encodeNpy({ dtype: "float32", shape, data: Float32Array.from(values) });
const npy = (header: string, values: Uint8Array) => {
  const text = Buffer.from(`${header.padEnd(117)}\n`, "latin1");
  return Buffer.concat([Buffer.from("\u0093NUMPY\u0001\u0000", "latin1"), Buffer.from([118, 0]), text, values]);
};

describe("ingesting arrays", () => {
  test("leaves arrays of other names aside, whatever they hold and wherever they are", async () => {
    const names = npy("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", new Uint8Array(24));
    const archive = zipFile([
      { name: "filenames.npy", bytes: names },
      { name: "x.npy", bytes: images(2) },
      { name: "y.npy", bytes: labels(2) },
    ]);

    const { dataset } = await ingestFiles(stage, { "data.npz": archive });

    expect(dataset).toMatchObject({ classes: ["0", "1"], rowCount: 2 });
  });

  test.each([
    { names: undefined, classes: ["1", "2", "5"] },
    { names: ["a", "b", "e"], classes: ["a", "b", "e"] },
    { names: ["none", "a", "b", "c", "d", "e"], classes: ["none", "a", "b", "c", "d", "e"] },
  ])("takes the numbers that occur for classes, those from 0 on where all are named: $names", async ({ names, classes }) => {
    const codes = encodeNpy({ dtype: "uint8", shape: [4], data: Uint8Array.of(5, 1, 2, 1) });
    const reading = names ? { classes: names } : {};

    const { dataset, samples } = await ingestFiles(stage, { "x.npy": images(4), "y.npy": codes }, { reading });

    expect(dataset.classes).toEqual(classes);
    expect([...samples.label]).toEqual(classes.length === 3 ? [2, 0, 1, 0] : [5, 1, 2, 1]);
  });

  test("reads an archive of several arrays with its parts, by their names", async () => {
    const archive = zipFile([
      { name: "x_test.npy", bytes: images(2, 100) },
      { name: "y_test.npy", bytes: labels(2) },
      { name: "x_train.npy", bytes: images(4) },
      { name: "y_train.npy", bytes: labels(4) },
    ]);

    const { dataset, samples, pixels } = await ingestFiles(stage, { "mnist.npz": archive });

    expect(dataset).toMatchObject({ height: 2, width: 3, channels: 1, dtype: "uint8", classes: ["0", "1"], rowCount: 6 });
    expect(samples.id).toEqual(["train/0", "train/1", "train/2", "train/3", "test/0", "test/1"]);
    expect(samples.part.slice(-2)).toEqual(["test", "test"]);
    expect(pixels).toEqual([...Array.from({ length: 24 }, (_, i) => i), ...Array.from({ length: 12 }, (_, i) => 100 + i)]);
  });

  test("reads archives of one array each, by the archives' names, and plain npy files", async () => {
    const archives = {
      "kmnist-test-imgs.npz": zipFile([{ name: "arr_0.npy", bytes: images(3), method: 0 }]),
      "kmnist-test-labels.npz": zipFile([{ name: "arr_0.npy", bytes: labels(3) }]),
    };
    const plain = { "images.npy": images(3), "labels.npy": labels(3) };

    const [zipped, loose] = [await ingestFiles(stage, archives), await ingestFiles(stage, plain)];

    expect(zipped.samples.id).toEqual(["test/0", "test/1", "test/2"]);
    expect(loose.samples.id).toEqual(["row/0", "row/1", "row/2"]);
    expect(zipped.dataset.shards).toEqual(loose.dataset.shards);
  });

  test("reads 16 bits of either byte order and Fortran order alike", async () => {
    const values = Uint16Array.of(1, 256, 515, 65_535);
    const little = encodeNpy({ dtype: "uint16", shape: [1, 2, 2], data: values });
    const big = npy(
      "{'descr': '>u2', 'fortran_order': False, 'shape': (1, 2, 2), }",
      Buffer.from(values.buffer.slice(0)).swap16(),
    );
    const fortran = npy(
      "{'descr': '<u2', 'fortran_order': True, 'shape': (1, 2, 2), }",
      Buffer.from(Uint16Array.of(1, 515, 256, 65_535).buffer),
    );

    for (const bytes of [little, big, fortran]) {
      const { dataset, pixels } = await ingestFiles(stage, { "images.npy": bytes, "labels.npy": labels(1) });
      expect(dataset.dtype).toBe("uint16");
      expect(pixels).toEqual([...values]);
    }
  });

  const pixelValues = [0, 1, 127, 128, 254, 255];
  test.each([
    { what: "fractions in float32", dtype: "uint8", image: floats(pixelValues.map((pixel) => pixel / 255)), pixels: pixelValues },
    {
      what: "fractions in float64 of the other byte order",
      dtype: "uint8",
      image: npy(
        "{'descr': '>f8', 'fortran_order': False, 'shape': (1, 2, 3), }",
        Buffer.from(Float64Array.from(pixelValues, (pixel) => pixel / 255).buffer).swap64(),
      ),
      pixels: pixelValues,
    },
    {
      what: "fractions of 16 bits",
      dtype: "uint16",
      image: floats([0, 1, 2, 40_000, 65_534, 65_535].map((pixel) => pixel / 65_535)),
      pixels: [0, 1, 2, 40_000, 65_534, 65_535],
    },
    { what: "whole numbers in float32", dtype: "uint8", image: floats(pixelValues), pixels: pixelValues },
    { what: "black and white", dtype: "uint8", image: floats([0, 1, 1, 0, 0, 1]), pixels: [0, 255, 255, 0, 0, 255] },
    {
      what: "whole numbers in int64, of 16 bits",
      dtype: "uint16",
      image: encodeNpy({ dtype: "int64", shape: [1, 2, 3], data: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 4095n) }),
      pixels: [0, 1, 2, 3, 4, 4095],
    },
  ])("takes $what for the pixels that they are", async ({ dtype, image, pixels }) => {
    const ingested = await ingestFiles(stage, { "images.npy": image, "labels.npy": labels(1) });

    expect(ingested.dataset.dtype).toBe(dtype);
    expect(ingested.pixels).toEqual(pixels);
  });

  test.each([
    { image: floats([0, 1, 1, 0, 0, 1]), said: "uint8 of float32 × 255" },
    { image: floats([0, 1, 2, 3, 4, 300]), said: "uint16 of float32" },
    { image: images(1), said: undefined },
  ])("says in its summary how values of another type became pixels: $said", async ({ image, said }) => {
    const source = await storeSource(stage.artifacts, { "images.npy": image, "labels.npy": labels(1) });
    const parameters = { ingest: ingestParametersSchema.parse({}), dataset: {} };

    const answer = await ingest({ parameters, inputs: { source }, seed: 0 }, stage);

    expect("summary" in answer && answer.summary["pixels"]).toBe(said);
  });

  test("looks at the test part too before it takes numbers for bytes", async () => {
    const archive = zipFile([
      { name: "x_train.npy", bytes: floats([0, 1, 2, 3, 4, 255]) },
      { name: "y_train.npy", bytes: labels(1) },
      { name: "x_test.npy", bytes: floats([0, 1, 2, 3, 4, 256]) },
      { name: "y_test.npy", bytes: labels(1) },
    ]);

    const { dataset, pixels } = await ingestFiles(stage, { "set.npz": archive });

    expect(dataset.dtype).toBe("uint16");
    expect(pixels).toEqual([0, 1, 2, 3, 4, 255, 0, 1, 2, 3, 4, 256]);
  });

  const lying = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 60000, 60000), }", new Uint8Array(18));
  test.each([
    {
      what: "NaN",
      files: { "images.npy": floats([...Array<number>(11).fill(0), Number.NaN]), "labels.npy": labels(2) },
      message: /images\.npy: pixels are finite numbers; received NaN in row 1/,
    },
    {
      what: "normalized values",
      files: { "images.npy": floats([-1, -0.5, 0, 0.25, 0.5, 1]), "labels.npy": labels(1) },
      message: /images\.npy: pixels are whole numbers .*; received fractions from -1 to 1\. Save the images as they were/,
    },
    {
      what: "fractions that are no pixels'",
      files: { "images.npy": floats([0, 0.1234567, 0.2, 0.3, 0.4, 1]), "labels.npy": labels(1) },
      message: /received fractions from 0 to 1\./,
    },
    {
      what: "numbers larger than 16 bits hold",
      files: { "images.npy": floats([0, 1, 2, 3, 4, 70_000]), "labels.npy": labels(1) },
      message: /received whole numbers from 0 to 70000\./,
    },
    {
      what: "channels before height and width",
      files: { "images.npy": floats(Array<number>(96).fill(0), [1, 3, 4, 8]), "labels.npy": labels(1) },
      message: /received \[1, 3, 4, 8\], which looks like \[rows, channels, height, width\]/,
    },
    {
      what: "a lying shape",
      files: { "images.npy": lying, "labels.npy": labels(3) },
      message: /the shape \[3, 60000, 60000\] needs 10800000000 bytes of values; received 18/,
    },
    {
      what: "a lying shape in an archive",
      files: {
        "x.npz": zipFile([
          { name: "images.npy", bytes: lying },
          { name: "labels.npy", bytes: labels(3) },
        ]),
      },
      message: /images\.npy in x\.npz: the shape \[3, 60000, 60000\]/,
    },
    {
      what: "fewer labels than images",
      files: { "images.npy": images(3), "labels.npy": labels(2) },
      message: /labels\.npy holds 2 labels and images\.npy holds 3 images/,
    },
    {
      what: "one-hot labels",
      files: { "images.npy": images(3), "labels.npy": floats(Array<number>(18).fill(0)) },
      message: /labels are one whole number a row; received float32 \[3, 2, 3\]\. Save numpy\.argmax\(labels, axis=1\)/,
    },
    {
      what: "labels of a float type",
      files: { "images.npy": images(3), "labels.npy": floats([0, 1, 0], [3]) },
      message: /received float32 \[3\]\. Save labels\.astype\("int64"\)/,
    },
    {
      what: "labels that are names",
      files: {
        "images.npy": images(1),
        "labels.npy": npy("{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(12)),
      },
      message: /labels\.npy: arrays of bool, .* are read; received .*<U3.*numpy\.unique\(labels, return_inverse=True\)/,
    },
    {
      what: "negative labels",
      files: { "images.npy": images(1), "labels.npy": encodeNpy({ dtype: "int8", shape: [1], data: Int8Array.of(-1) }) },
      message: /whole numbers from 0 to 65,535; received -1 in row 0/,
    },
    { what: "no labels", files: { "images.npy": images(3) }, message: /The array images\.npy has no labels beside it/ },
    {
      what: "names that say nothing",
      files: { "a.npy": images(3), "b.npy": labels(3) },
      message: /None of the arrays holds images by its name: a\.npy, b\.npy/,
    },
    { what: "two sets of images", files: { "images.npy": images(3), "x.npy": images(3) }, message: /are both the only images/ },
    {
      what: "one dimension",
      files: { "images.npy": labels(3), "labels.npy": labels(3) },
      message: /images are \[rows, height, width\] or \[rows, height, width, channels\]; received \[3\]/,
    },
    {
      what: "another size asked for",
      files: { "images.npy": images(3), "labels.npy": labels(3) },
      parameters: { height: 9 },
      message: /ask for 9×3, but arrays are taken as they are and these hold 2×3/,
    },
  ])("is refused with $what", async ({ files, message, parameters = {} }) => {
    await expect(ingestFiles(stage, files as Record<string, Uint8Array>, { parameters })).rejects.toThrow(message);
  });
});

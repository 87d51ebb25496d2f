import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";
import { storeModule } from "../support/store-module.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

/** Two bytes of height and width, then 16-bit grey values, high byte first: no format that anybody else knows. */
const reader = `import { defineReader } from "convoy";
export default defineReader({
  extensions: [".raw16"],
  read(bytes) {
    const [height, width] = bytes as unknown as [number, number];
    if (!height || !width) throw new Error("it has no size");
    const pixels = Uint16Array.from({ length: height * width }, (_, i) => (bytes[2 + 2 * i]! << 8) | bytes[3 + 2 * i]!);
    return { height, width, channels: 1, pixels };
  },
});`;

function raw16(values: readonly number[]): Uint8Array {
  return Uint8Array.from([2, 2, ...values.flatMap((value) => [value >> 8, value & 255])]);
}

describe("a reader of one's own", () => {
  test("decodes its files exactly, loose and in archives, with classes from folders as usual", async () => {
    const files = {
      "cats/1.raw16": raw16([0, 1, 256, 65535]),
      "dogs/1.raw16": raw16([40000, 300, 2, 9]),
      "more.zip": zipFile([{ name: "cats/2.RAW16", bytes: raw16([7, 8, 9, 10]) }]),
      "README.txt": new Uint8Array([1]),
    };

    const { dataset, samples, pixels } = await ingestFiles(stage, files, {
      parameters: { reader: await storeModule(reader, stage.artifacts) },
    });

    expect(dataset).toMatchObject({
      height: 2,
      width: 2,
      channels: 1,
      dtype: "uint16",
      classes: ["cats", "dogs"],
      unreadable: [],
    });
    expect(samples.id).toEqual(["cats/1.raw16", "cats/2.RAW16", "dogs/1.raw16"]);
    expect(pixels).toEqual([0, 1, 256, 65535, 7, 8, 9, 10, 40000, 300, 2, 9]);
  });

  test("may take files that are named as another kind", async () => {
    const { samples } = await ingestFiles(
      stage,
      { "a/1.jpg": raw16([1, 2, 3, 4]), "b/2.jpg": raw16([1, 2, 3, 5]) },
      { parameters: { reader: await storeModule(reader.replace(".raw16", ".jpg"), stage.artifacts) } },
    );

    expect(samples.sourceFiles?.misnamed).toEqual(["", ""]);
  });

  test("lists what it cannot read with its own reason, file and line", async () => {
    const files = { "cats/1.raw16": raw16([1, 2, 3, 4]), "cats/2.raw16": new Uint8Array(4), "dogs/1.raw16": raw16([1, 2, 3, 5]) };

    const { dataset } = await ingestFiles(stage, files, {
      parameters: { reader: await storeModule(reader, stage.artifacts), maxUnreadableShare: 0.5 },
    });

    expect(dataset.unreadable).toEqual([{ source: "cats/2.raw16", reason: "own.ts:6:34 failed in read: it has no size" }]);
  });
});

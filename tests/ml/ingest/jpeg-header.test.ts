import sharp from "sharp";
import { expect, test } from "vitest";

import { readJpegHeader } from "../../../ml/ingest/jpeg-header.ts";

const picture = (channels: 3 | 4 = 3) => sharp({ create: { width: 31, height: 17, channels, background: "#a05040" } });

test.each([
  ["a baseline one", picture().jpeg(), 3],
  ["a progressive one", picture().jpeg({ progressive: true }), 3],
  ["a grey one", picture().toColourspace("b-w").jpeg(), 1],
  ["one with a color profile", picture().withIccProfile("p3").jpeg(), 3],
  ["one with full chroma", picture().jpeg({ chromaSubsampling: "4:4:4", optimizeCoding: true }), 3],
] as const)("reads what the decoder says of %s", async (_, image, components) => {
  const bytes = await image.toBuffer();
  const { height, width, channels } = await sharp(bytes).metadata();

  expect(readJpegHeader(bytes)).toEqual({ height, width, components });
  expect(channels).toBe(components);
});

test.each([
  [
    "what may be turned by its EXIF",
    picture()
      .withExif({ IFD0: { Orientation: "6" } })
      .jpeg(),
  ],
  ["CMYK", picture().toColourspace("cmyk").jpeg()],
  ["another format", picture().png()],
])("leaves %s to the decoder", async (_, image) => {
  expect(readJpegHeader(await image.toBuffer())).toBeNull();
});

test("leaves bytes that are cut off or damaged before the frame to the decoder", async () => {
  const bytes = await picture().jpeg().toBuffer();
  const frameAt = bytes.indexOf(Buffer.from([0xff, 0xc0]));

  for (let length = 0; length < frameAt + 8; length++) expect(readJpegHeader(bytes.subarray(0, length))).toBeNull();
  for (let at = 0; at < frameAt; at++) expect(() => readJpegHeader(bytes.with(at, 0))).not.toThrow();
  expect(readJpegHeader(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeNull();
});

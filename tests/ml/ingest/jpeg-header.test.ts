import sharp from "sharp";
import { expect, test } from "vitest";

import { readJpegHeader } from "../../../ml/ingest/jpeg-header.ts";
import { jpegSegment, withSegments } from "../../support/jpeg-segments.ts";

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

  expect(readJpegHeader(bytes)).toEqual({ height, width, components, orientation: 1 });
  expect(channels).toBe(components);
});

/** An Exif segment of two entries, image width and orientation, as a camera writes it. */
function exif(isLittle: boolean, orientation: number, { type = 3, entries = 2 } = {}): Buffer {
  const segment = new DataView(new ArrayBuffer(6 + 8 + 2 + 2 * 12 + 4));
  new TextEncoder().encodeInto("Exif", new Uint8Array(segment.buffer));
  segment.setUint16(6, isLittle ? 0x4949 : 0x4d4d);
  segment.setUint16(8, 42, isLittle);
  segment.setUint32(10, 8, isLittle);
  segment.setUint16(14, entries, isLittle);
  for (const [i, [tag, value]] of [[0x0100, 31] as const, [0x0112, orientation] as const].entries()) {
    segment.setUint16(16 + 12 * i, tag, isLittle);
    segment.setUint16(18 + 12 * i, type, isLittle);
    segment.setUint32(20 + 12 * i, 1, isLittle);
    segment.setUint16(24 + 12 * i, value, isLittle);
  }
  return Buffer.from(segment.buffer);
}

/** The picture with such segments put before all others. */
async function withApp1(...segments: Buffer[]): Promise<Buffer> {
  return withSegments(await picture().jpeg().toBuffer(), ...segments.map((segment) => jpegSegment(0xe1, segment)));
}

const xmp = Buffer.from("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "reads EXIF's orientation %i as the decoder does, in both orders of bytes",
  async (orientation) => {
    for (const isLittle of [true, false]) {
      const bytes = await withApp1(xmp, exif(isLittle, orientation));

      expect(readJpegHeader(bytes)).toEqual({ height: 17, width: 31, components: 3, orientation });
      expect((await sharp(bytes).metadata()).orientation).toBe(orientation);
    }
  },
);

test.each([
  ["an orientation that there is not", [exif(true, 9)]],
  ["one of another type", [exif(true, 6, { type: 4 })]],
  ["a directory that is cut off", [exif(false, 6, { entries: 3 })]],
  ["two of them", [exif(true, 6), exif(true, 6)]],
  ["nothing but a beginning", [Buffer.from("Exif\0\0II*")]],
  ["something that nobody knows", [Buffer.from("Nobody knows what")]],
])("leaves EXIF with %s to the decoder", async (_, segments) => {
  expect(readJpegHeader(await withApp1(...segments))).toBeNull();
});

test.each([
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
  const marked = await withApp1(exif(true, 6));
  for (let at = 0; at < 80; at++) expect(() => readJpegHeader(marked.with(at, 255))).not.toThrow();
  expect(readJpegHeader(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeNull();
});

import sharp from "sharp";
import { expect, test } from "vitest";

import type { ImageShape, ResizeParameters } from "../../activities/ingest/decode-image.ts";
import { decodeImage, readImageHeader } from "../../activities/ingest/decode-image.ts";
import { decodeInOrder } from "../../activities/ingest/decode-in-order.ts";
import { canResizeTogether } from "../../activities/ingest/resize-together.ts";
import { resizeKernels } from "../../ml/ingest/schema.ts";
import { randomStream } from "../../ml/random.ts";

const random = randomStream(1, "pictures to resize");

interface Kind {
  height: number;
  width: number;
  channels?: 1 | 3 | 4;
  format?: "jpeg" | "png" | "webp" | "tiff" | "gif";
  orientation?: number;
  isDeep?: boolean;
}

/** Noise, in which each pixel that is taken from elsewhere shows. */
async function picture({ height, width, channels = 3, format = "jpeg", orientation = 1, isDeep = false }: Kind): Promise<Buffer> {
  const size = height * width * channels;
  const values = isDeep
    ? Uint16Array.from({ length: size }, () => Math.floor(random() * 65536))
    : Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  const image = sharp(values, { raw: { height, width, channels } });
  if (isDeep) image.toColourspace("rgb16");
  return image.toFormat(format).withMetadata({ orientation }).toBuffer();
}

async function decodeTogether(files: readonly Buffer[], shape: ImageShape, parameters: ResizeParameters) {
  const entries = files.map((bytes) => ({
    entry: { path: "", file: "", member: null, refused: null, read: async () => bytes },
  }));
  const decoded = [];
  for await (const { pixels, reason } of decodeInOrder(entries, shape, parameters))
    decoded.push(pixels ? Buffer.from(pixels) : reason);
  return decoded;
}

async function decodeAlone(files: readonly Buffer[], shape: ImageShape, parameters: ResizeParameters) {
  return Promise.all(files.map((bytes) => decodeImage(bytes, shape, parameters).then(({ pixels }) => Buffer.from(pixels))));
}

async function countTogether(files: readonly Buffer[], shape: ImageShape, parameters: ResizeParameters): Promise<number> {
  const headers = await Promise.all(files.map(readImageHeader));
  return headers.filter((header) => canResizeTogether(header, shape, parameters)).length;
}

const color: ImageShape = { height: 30, width: 40, channels: 3, dtype: "uint8" };
const linear = { resize: "stretch", kernel: "linear" } as const;

const sizes = [[60, 80], [45, 60], [90, 80], [40, 41], [30, 100]] as const; // prettier-ignore
const noise = await Promise.all(
  sizes.flatMap(([height, width]) =>
    ([1, 3] as const).flatMap((channels) =>
      (["jpeg", "png"] as const).map(async (format) => ({
        shape: { ...color, channels },
        files: await Promise.all(Array.from({ length: 3 }, () => picture({ height, width, channels, format }))),
      })),
    ),
  ),
);

test.each([
  ...resizeKernels.map((kernel) => ({ resize: "stretch", kernel }) as const),
  { resize: "auto", kernel: "linear" } as const,
])("gives images of one size the pixels that each gets alone: $resize, $kernel", async (parameters) => {
  for (const { files, shape } of noise)
    expect(await decodeTogether(files, shape, parameters)).toEqual(await decodeAlone(files, shape, parameters));
});

test("takes together those of one size whose height shrinks by an exact ratio", async () => {
  const twice = await Promise.all(Array.from({ length: 3 }, () => picture({ height: 60, width: 90 })));

  expect(await countTogether(twice, color, linear)).toBe(3);
  expect(await countTogether(twice, color, { ...linear, kernel: "nearest" })).toBe(0);
  expect(await countTogether(twice, color, { ...linear, resize: "contain" })).toBe(0);
  expect(await countTogether([await picture({ height: 41, width: 90 })], color, linear)).toBe(0);
});

test("gives every kind of image in a mixed set the pixels that it gets alone, in order", async () => {
  const kinds: Kind[] = [
    { height: 60, width: 80 },
    { height: 60, width: 80, orientation: 6 },
    { height: 80, width: 60, orientation: 6 },
    { height: 60, width: 80, channels: 1 },
    { height: 60, width: 80, channels: 4, format: "png" },
    { height: 60, width: 80, format: "png" },
    { height: 60, width: 80, format: "png", isDeep: true },
    { height: 60, width: 80, format: "webp" },
    { height: 60, width: 80, format: "tiff" },
    { height: 60, width: 80, format: "gif" },
    { height: 90, width: 120 },
    { height: 90, width: 120, format: "png" },
    { height: 120, width: 160, format: "png" },
    { height: 240, width: 320 },
    { height: 30, width: 40 },
    { height: 15, width: 20 },
    { height: 600, width: 800, format: "png" },
    { height: 61, width: 83 },
  ];
  const files = await Promise.all(Array.from({ length: 2 * kinds.length }, (_, i) => picture(kinds[i % kinds.length]!)));

  for (const shape of [color, { ...color, channels: 1 }, { ...color, dtype: "uint16" as const }])
    expect(await decodeTogether(files, shape, linear)).toEqual(await decodeAlone(files, shape, linear));
});

test("names the one that is damaged, and resizes the others", async () => {
  const files = await Promise.all(Array.from({ length: 3 }, () => picture({ height: 60, width: 80 })));
  const damaged = files[1]!.subarray(0, files[1]!.byteLength / 2);
  const [first, , third] = await decodeAlone(files, color, linear);

  const decoded = await decodeTogether([files[0]!, damaged, files[2]!], color, linear);

  expect(decoded).toEqual([first, "its JPEG data are damaged, cut short or packed in a way that is not known", third]);
});

import type { ResizeOptions, Sharp } from "sharp";

import { InvalidData } from "../../ml/errors.ts";
import { readJpegHeader } from "../../ml/ingest/jpeg-header.ts";
import type { Dataset, IngestParameters } from "../../ml/ingest/schema.ts";
import { sharp } from "../../sharp.ts";

/** 10,000 × 10,000: a decoded image is in memory as a whole. */
const largestPixelCount = 100_000_000;

/** Aspects closer than this are stretched: nobody sees it, and no border is needed. */
const aspectTolerance = 0.02;

const black = { r: 0, g: 0, b: 0, alpha: 1 };

/** Size, channels and depth that each image is brought to. */
export type ImageShape = Pick<Dataset, "height" | "width" | "channels" | "dtype">;

/** How an image of another size is brought to the shape; recorded in a model's signature. */
export type ResizeParameters = Pick<IngestParameters, "resize" | "kernel">;

/** What a file's header says, after its EXIF orientation. */
export interface ImageHeader {
  height: number;
  width: number;
  isColor: boolean;
  isDeep: boolean;
  isTransparent: boolean;
  isTurned: boolean;
}

/** @throws {InvalidData} where it is not an image, or too large a one */
export async function readImageHeader(bytes: Buffer): Promise<ImageHeader> {
  refuseOtherFiles(bytes);
  const plain = readJpegHeader(bytes);
  if (plain) {
    const { height, width, components } = plain;
    return { height, width, isColor: components === 3, isDeep: false, isTransparent: false, isTurned: false };
  }
  try {
    const { autoOrient, space, depth, hasAlpha, orientation = 1 } = await openImage(bytes).metadata();
    return {
      height: autoOrient.height,
      width: autoOrient.width,
      isColor: space !== "b-w" && space !== "grey16",
      isDeep: depth === "ushort",
      isTransparent: hasAlpha,
      isTurned: orientation !== 1,
    };
  } catch (cause) {
    throw new InvalidData((cause as Error).message, { cause });
  }
}

/**
 * Decodes one image and brings it to a shape: first frame, EXIF rotation applied, transparency on black, CMYK and palettes as RGB.
 *
 * @returns values [height, width, channels], uint16 as little-endian bytes; and its size before
 * @throws {InvalidData} where it cannot be decoded, with the reason
 */
export async function decodeImage(
  bytes: Buffer,
  shape: ImageShape,
  parameters: ResizeParameters,
): Promise<{ pixels: Uint8Array; sourceSize: { height: number; width: number } }> {
  const { height, width, channels } = shape;
  const header = await readImageHeader(bytes);
  try {
    const image = openImage(bytes);
    // Each step costs a small image more than its pixels do: only those it needs.
    if (header.isTurned) image.autoOrient();
    if (header.isTransparent) image.flatten({ background: black });
    if (header.height !== height || header.width !== width) image.resize(resizeOptions(header, shape, parameters));
    const { data, info } = await image
      .toColourspace(colorSpaces[shape.dtype][channels === 1 ? "grey" : "color"])
      .raw({ depth: shape.dtype === "uint16" ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.height !== height || info.width !== width || info.channels !== channels) {
      throw new Error(`decodes to ${info.height}×${info.width}×${info.channels}; ${height}×${width}×${channels} was expected`);
    }
    return { pixels: data, sourceSize: { height: header.height, width: header.width } };
  } catch (cause) {
    throw new InvalidData((cause as Error).message, { cause });
  }
}

const colorSpaces = { uint8: { grey: "b-w", color: "srgb" }, uint16: { grey: "grey16", color: "rgb16" } } as const;

function resizeOptions(header: ImageHeader, { height, width }: ImageShape, { resize, kernel }: ResizeParameters): ResizeOptions {
  const fits = { stretch: "fill", cover: "cover", contain: "contain", pad: "contain" } as const;
  const mode = resize === "auto" ? automaticMode(header, height / width) : resize;
  return { height, width, kernel, fit: fits[mode], background: black, withoutEnlargement: mode === "pad" };
}

function automaticMode({ height, width }: ImageHeader, aspect: number): "stretch" | "contain" {
  return Math.abs(height / width / aspect - 1) < aspectTolerance ? "stretch" : "contain";
}

/** Errors in the pixels are errors, not grey areas; and no image is let near memory before its size is known. */
function openImage(bytes: Buffer): Sharp {
  return sharp(bytes, { limitInputPixels: largestPixelCount, failOn: "error", sequentialRead: true });
}

const signatures = [
  [0xff, 0xd8, 0xff], // JPEG
  [0x89, 0x50, 0x4e, 0x47], // PNG
  [0x47, 0x49, 0x46, 0x38], // GIF
  [0x49, 0x49, 0x2a, 0x00], // TIFF, little-endian
  [0x4d, 0x4d, 0x00, 0x2a], // TIFF, big-endian
];

/** libvips reads more kinds than we want of a stranger's file: SVG and PDF are programs. */
function refuseOtherFiles(bytes: Buffer): void {
  if (bytes.length === 0) throw new InvalidData("is empty");
  const isWebp = bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP";
  if (isWebp || signatures.some((signature) => signature.every((byte, i) => bytes[i] === byte))) return;
  throw new InvalidData(`is no JPEG, PNG, WebP, TIFF or GIF: it begins with ${bytes.subarray(0, 4).toString("hex")}`);
}

import type { Metadata, ResizeOptions, Sharp } from "sharp";

import { InvalidData } from "../../ml/errors.ts";
import type { JpegHeader } from "../../ml/ingest/jpeg-header.ts";
import { readJpegHeader } from "../../ml/ingest/jpeg-header.ts";
import type { Dataset, IngestParameters } from "../../ml/ingest/schema.ts";
import { sharp } from "../../sharp.ts";

/** 10,000 × 10,000: a decoded image is in memory as a whole. */
const largestPixelCount = 100_000_000;

/** Aspects closer than this are stretched: nobody sees it, and no border is needed. */
const aspectTolerance = 0.02;

/** EXIF's orientations from here on turn rows into columns. */
const firstSideways = 5;

const black = { r: 0, g: 0, b: 0, alpha: 1 };

/** Size, channels and depth that each image is brought to. */
export type ImageShape = Pick<Dataset, "height" | "width" | "channels" | "dtype">;

/** How an image of another size is brought to the shape; recorded in a model's signature. */
export type ResizeParameters = Pick<IngestParameters, "resize" | "kernel">;

/** What a file's first bytes say; sizes after its EXIF orientation. */
export interface ImageHeader {
  /** JPEG, PNG, WebP, TIFF or GIF. */
  kind: string;
  height: number;
  width: number;
  /** As EXIF numbers it, 1 to 8; 1 is upright. */
  orientation: number;
  isColor: boolean;
  isDeep: boolean;
  isTransparent: boolean;
}

/** @throws {InvalidData} where it is not an image, or too large a one */
export async function readImageHeader(bytes: Buffer): Promise<ImageHeader> {
  const kind = kindOf(bytes);
  const plain = readJpegHeader(bytes);
  const header = plain ? plainHeader(plain, kind) : await askHeader(bytes, kind);
  const { height, width } = header;
  if (height * width > largestPixelCount)
    throw new InvalidData(`has ${height}×${width} pixels; the pixel limit is ${largestPixelCount}`);
  return header;
}

function plainHeader({ height, width, components, orientation }: JpegHeader, kind: string): ImageHeader {
  const upright = orientation < firstSideways ? { height, width } : { height: width, width: height };
  return { kind, ...upright, orientation, isColor: components === 3, isDeep: false, isTransparent: false };
}

async function askHeader(bytes: Buffer, kind: string): Promise<ImageHeader> {
  const { autoOrient, space, depth, hasAlpha, orientation = 1 } = await readMetadata(bytes, kind);
  // Of TIFF: libvips would cut fractions off and clip what is left to 0 to 255, and nobody could tell.
  if (depth !== "uchar" && depth !== "ushort")
    throw new InvalidData(
      `holds ${depth} values; pixels of 8 and 16 bits are read. Convert it, or name a module that reads it: ingest.reader`,
    );
  return {
    kind,
    orientation,
    height: autoOrient.height,
    width: autoOrient.width,
    isColor: space !== "b-w" && space !== "grey16",
    isDeep: depth === "ushort",
    isTransparent: hasAlpha,
  };
}

async function readMetadata(bytes: Buffer, kind: string): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: "error" }).metadata();
  } catch (cause) {
    throw new InvalidData(`its ${kind} header is damaged, cut short or of a kind that is not known`, { cause });
  }
}

/**
 * Decodes one image and brings it to a shape: first frame, EXIF rotation applied, transparency on black, CMYK and palettes as RGB.
 *
 * @returns values [height, width, channels], uint16 as little-endian bytes; and what the file was
 * @throws {InvalidData} where it cannot be decoded, with the reason
 */
export async function decodeImage(
  bytes: Buffer,
  shape: ImageShape,
  parameters: ResizeParameters,
): Promise<{ pixels: Uint8Array; header: ImageHeader }> {
  const header = await readImageHeader(bytes);
  return { pixels: await decodePixels(bytes, header, shape, parameters), header };
}

/** {@link decodeImage} where the header is known. */
export async function decodePixels(
  bytes: Buffer,
  header: ImageHeader,
  shape: ImageShape,
  parameters: ResizeParameters,
): Promise<Uint8Array> {
  const { height, width, channels } = shape;
  const dtype = header.isDeep ? shape.dtype : "uint8";
  try {
    const image = openImage(bytes);
    // Each step costs a small image more than its pixels do: only those it needs.
    if (header.orientation !== 1) image.autoOrient();
    if (header.isTransparent) image.flatten({ background: black });
    if (header.height !== height || header.width !== width) image.resize(resizeOptions(header, shape, parameters));
    const { data, info } = await image
      .toColourspace(colorSpaces[dtype][channels === 1 ? "grey" : "color"])
      .raw({ depth: dtype === "uint16" ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    refuseOtherShape(info, shape);
    return dtype === shape.dtype ? data : widen(data);
  } catch (cause) {
    if (cause instanceof InvalidData) throw cause;
    // Not libvips' own words: its threads share one text of errors, which each that is done clears, so that they differ from run to run.
    throw new InvalidData(`its ${header.kind} data are damaged, cut short or packed in a way that is not known`, { cause });
  }
}

function refuseOtherShape(received: Omit<ImageShape, "dtype">, expected: ImageShape): void {
  const say = ({ height, width, channels }: Omit<ImageShape, "dtype">) => `${height}×${width}×${channels}`;
  if (say(received) !== say(expected)) throw new InvalidData(`decodes to ${say(received)}; ${say(expected)} was expected`);
}

/** 8 bits as 16, black to black and white to white; libvips' own way for colors is off by up to one of 255. */
function widen(pixels: Uint8Array): Uint8Array {
  return new Uint8Array(Uint16Array.from(pixels, (value) => value * 257).buffer);
}

const colorSpaces = { uint8: { grey: "b-w", color: "srgb" }, uint16: { grey: "grey16", color: "rgb16" } } as const;

/** How sharp is to bring an image to a shape. */
export function resizeOptions(
  header: ImageHeader,
  { height, width }: ImageShape,
  { resize, kernel }: ResizeParameters,
): ResizeOptions {
  const fits = { stretch: "fill", cover: "cover", contain: "contain", pad: "contain" } as const;
  const mode = resize === "auto" ? automaticMode(header, height / width) : resize;
  const borders = fits[mode] === "contain" ? { background: black, withoutEnlargement: mode === "pad" } : {};
  return { height, width, kernel, fit: fits[mode], ...borders };
}

function automaticMode({ height, width }: ImageHeader, aspect: number): "stretch" | "contain" {
  return Math.abs(height / width / aspect - 1) < aspectTolerance ? "stretch" : "contain";
}

/** Errors in the pixels are errors, not grey areas; and no image is let near memory before its size is known. */
function openImage(bytes: Buffer): Sharp {
  return sharp(bytes, { limitInputPixels: largestPixelCount, failOn: "error", sequentialRead: true });
}

const signatures = [
  { kind: "JPEG", bytes: [0xff, 0xd8, 0xff] },
  { kind: "PNG", bytes: [0x89, 0x50, 0x4e, 0x47] },
  { kind: "GIF", bytes: [0x47, 0x49, 0x46, 0x38] },
  { kind: "TIFF", bytes: [0x49, 0x49, 0x2a, 0x00] }, // little-endian
  { kind: "TIFF", bytes: [0x4d, 0x4d, 0x00, 0x2a] }, // big-endian
];

/** @throws {InvalidData} for others: libvips reads more kinds than we want of a stranger's file; SVG and PDF are programs */
function kindOf(bytes: Buffer): string {
  if (bytes.length === 0) throw new InvalidData("is empty");
  if (bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP") return "WebP";
  const found = signatures.find((signature) => signature.bytes.every((byte, i) => bytes[i] === byte));
  if (found) return found.kind;
  throw new InvalidData(`is no JPEG, PNG, WebP, TIFF or GIF: it begins with ${bytes.subarray(0, 4).toString("hex")}`);
}

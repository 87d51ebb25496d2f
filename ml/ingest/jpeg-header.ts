import { exifOrientation } from "./exif-orientation.ts";

/** Frame headers of Huffman-coded JPEG: baseline, extended and progressive. */
const frames = new Set([0xc0, 0xc1, 0xc2]);
const startOfScan = 0xda;
const app1 = 0xe1;
/** What the decoder goes by as well. */
const [exifMark, xmpMark] = ["Exif", "http"];

export interface JpegHeader {
  /** As the pixels lie in the file. */
  height: number;
  width: number;
  /** 1 for grey, 3 for color. */
  components: 1 | 3;
  /** As EXIF numbers it, 1 to 8; 1 is upright. */
  orientation: number;
}

/**
 * Reads the header of a plain JPEG without decoding anything, which takes a decoder a good part of what a small picture costs as a whole.
 * Null where it is anything else (not 8 bits, CMYK, with an APP1 segment that is neither Exif nor XMP) or damaged: ask the decoder.
 *
 * @see ITU-T T.81, annex B
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  const segments: Uint8Array[] = [];
  for (let at = 2; at + 10 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker < 0xc0 || marker === 0xff || marker === startOfScan) return null;
    if (frames.has(marker)) return frameHeader(view, at + 4, orientationIn(segments));
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === app1) segments.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return null;
}

/** Null where it is not plain. @param segments all of APP1 */
function orientationIn(segments: readonly Uint8Array[]): number | null {
  const others = segments.filter((segment) => markOf(segment) !== xmpMark);
  const [first] = others;
  if (!first) return 1;
  if (others.length > 1 || markOf(first) !== exifMark) return null;
  return exifOrientation(new DataView(first.buffer, first.byteOffset, first.byteLength));
}

function markOf(segment: Uint8Array): string {
  return String.fromCharCode(...segment.subarray(0, 4));
}

function frameHeader(view: DataView, at: number, orientation: number | null): JpegHeader | null {
  const [precision, components] = [view.getUint8(at), view.getUint8(at + 5)];
  const [height, width] = [view.getUint16(at + 1), view.getUint16(at + 3)];
  if (orientation === null || precision !== 8 || height === 0 || width === 0 || (components !== 1 && components !== 3))
    return null;
  return { height, width, components, orientation };
}

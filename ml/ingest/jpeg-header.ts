/** Frame headers of Huffman-coded JPEG: baseline, extended and progressive. */
const frames = new Set([0xc0, 0xc1, 0xc2]);
const startOfScan = 0xda;
const exif = 0xe1;

export interface JpegHeader {
  height: number;
  width: number;
  /** 1 for grey, 3 for color. */
  components: 1 | 3;
}

/**
 * Reads the header of a plain JPEG without decoding anything, which takes a decoder a good part of what a small picture costs as a whole.
 * Null where it is anything else (not 8 bits, CMYK, or with an APP1 segment, which may turn the picture) or damaged: ask the decoder.
 *
 * @see ITU-T T.81, annex B
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 10 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker < 0xc0 || marker === 0xff || marker === exif || marker === startOfScan) return null;
    if (frames.has(marker)) return frameHeader(view, at + 4);
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function frameHeader(view: DataView, at: number): JpegHeader | null {
  const [precision, components] = [view.getUint8(at), view.getUint8(at + 5)];
  const [height, width] = [view.getUint16(at + 1), view.getUint16(at + 3)];
  if (precision !== 8 || height === 0 || width === 0 || (components !== 1 && components !== 3)) return null;
  return { height, width, components };
}

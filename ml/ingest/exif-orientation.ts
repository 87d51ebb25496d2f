const littleEndian = 0x4949;
const bigEndian = 0x4d4d;
const tiffMark = 42;
const orientationTag = 0x0112;
const short = 3;
/** TIFF's offsets count from behind `Exif` and two zero bytes. */
const tiffStart = 6;

/**
 * The orientation that an Exif segment of a JPEG gives, 1 to 8; 1, upright, where it gives none. Null where it is not plainly readable.
 *
 * @param segment what stands in APP1, from `Exif` on
 * @see CIPA DC-008 (Exif), 4.5.2 and 4.6.5
 */
export function exifOrientation(segment: DataView): number | null {
  if (segment.byteLength < tiffStart + 8) return null;
  const order = segment.getUint16(tiffStart);
  if (order !== littleEndian && order !== bigEndian) return null;
  const isLittle = order === littleEndian;
  const directory = tiffStart + segment.getUint32(tiffStart + 4, isLittle);
  if (segment.getUint16(tiffStart + 2, isLittle) !== tiffMark || directory + 2 > segment.byteLength) return null;
  const entries = segment.getUint16(directory, isLittle);
  if (directory + 2 + 12 * entries > segment.byteLength) return null;
  for (let at = directory + 2; at < directory + 2 + 12 * entries; at += 12) {
    if (segment.getUint16(at, isLittle) === orientationTag) return orientationAt(segment, at, isLittle);
  }
  return 1;
}

function orientationAt(segment: DataView, entry: number, isLittle: boolean): number | null {
  const isOneShort = segment.getUint16(entry + 2, isLittle) === short && segment.getUint32(entry + 4, isLittle) === 1;
  const orientation = segment.getUint16(entry + 8, isLittle);
  return isOneShort && orientation >= 1 && orientation <= 8 ? orientation : null;
}

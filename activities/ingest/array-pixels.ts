import { InvalidData } from "../../ml/errors.ts";
import type { PixelReading } from "../../ml/ingest/pixel-values.ts";
import { PixelValues, pixelsOf, refuseTruthValues } from "../../ml/ingest/pixel-values.ts";
import type { ArrayFile } from "../../storage/array-files.ts";
import type { NpyArrayOf, NpyType } from "../../storage/npy.ts";
import { npyValues } from "../../storage/npy.ts";
import { wholeRows } from "./whole-rows.ts";

/** Arrays with the first index fastest must be turned in memory. */
const largestFortranBytes = 2 * 1024 * 1024 * 1024;

/** Consecutive rows of an array; `pixels` in C order, little-endian. */
export interface PixelRows {
  firstRow: number;
  rows: number;
  pixels: Uint8Array;
}

/**
 * How the values of arrays of one type become pixels; uint8 and uint16 are pixels, others are read once for it.
 * @param dtype the pixels that are wanted; else what the values tell
 * @throws {InvalidData} where they are none, or of the other type
 */
export async function findPixelReading(arrays: readonly ArrayFile[], dtype?: PixelReading["dtype"]): Promise<PixelReading> {
  const stored = arrays[0]?.header.dtype ?? "uint8";
  const name = arrays.map((array) => array.name).join(" and ");
  if (stored === "uint8" || stored === "uint16") {
    if (dtype !== undefined && dtype !== stored) throw new InvalidData(`${name}: holds ${stored}; ${dtype} is wanted`);
    return { dtype: stored, scale: 1 };
  }
  refuseTruthValues(stored, name);
  const values = new PixelValues(stored);
  for (const array of arrays) {
    for await (const { values: some, ...rows } of valuesOf(array)) values.add(some, { name: array.name, ...rows });
  }
  return values.reading(name, dtype);
}

/** The pixels of an array, as many rows at a time as are read at once. */
export async function* pixelRows(array: ArrayFile, reading: PixelReading): AsyncIterable<PixelRows> {
  for await (const { firstRow, rows, values } of valuesOf(array)) {
    const { buffer, byteOffset, byteLength } = isPixels(values) ? values : pixelsOf(values, reading);
    yield { firstRow, rows, pixels: new Uint8Array(buffer, byteOffset, byteLength) };
  }
}

function isPixels(values: NpyArrayOf<NpyType>): values is Uint8Array | Uint16Array {
  return values instanceof Uint8Array || values instanceof Uint16Array;
}

async function* valuesOf(array: ArrayFile): AsyncIterable<{ firstRow: number; rows: number; values: NpyArrayOf<NpyType> }> {
  const { name, header } = array;
  const [rows = 0, ...imageLengths] = header.shape;
  const rowBytes = imageLengths.reduce((total, length) => total * length, header.itemBytes);
  if (header.fortranOrder) {
    if (rows * rowBytes > largestFortranBytes) throw new InvalidData(`${name}: too large for Fortran order; save it in C order`);
    yield { firstRow: 0, rows, values: (await array.decode()).data };
    return;
  }
  for await (const { bytes, ...found } of wholeRows(array.chunks(), { name, rows, rowBytes, dataOffset: header.dataOffset })) {
    yield { ...found, values: npyValues(bytes, header) };
  }
}

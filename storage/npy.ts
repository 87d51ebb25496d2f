import { open } from "node:fs/promises";

import { InvalidData } from "../ml/errors.ts";

const npyTypes = {
  bool: { code: "b1", itemBytes: 1, array: Uint8Array },
  uint8: { code: "u1", itemBytes: 1, array: Uint8Array },
  int8: { code: "i1", itemBytes: 1, array: Int8Array },
  uint16: { code: "u2", itemBytes: 2, array: Uint16Array },
  int16: { code: "i2", itemBytes: 2, array: Int16Array },
  uint32: { code: "u4", itemBytes: 4, array: Uint32Array },
  int32: { code: "i4", itemBytes: 4, array: Int32Array },
  int64: { code: "i8", itemBytes: 8, array: BigInt64Array },
  uint64: { code: "u8", itemBytes: 8, array: BigUint64Array },
  float32: { code: "f4", itemBytes: 4, array: Float32Array },
  float64: { code: "f8", itemBytes: 8, array: Float64Array },
} as const;

export type NpyType = keyof typeof npyTypes;

interface NpyArrays {
  bool: Uint8Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  float64: Float64Array;
}
export type NpyArrayOf<T extends NpyType> = NpyArrays[T];

/** An array in memory, C order. */
export interface NpyArray<T extends NpyType = NpyType> {
  dtype: T;
  shape: readonly number[];
  data: NpyArrayOf<T>;
}

export interface NpyHeader {
  dtype: NpyType;
  shape: readonly number[];
  fortranOrder: boolean;
  littleEndian: boolean;
  itemBytes: number;
  /** Where the values begin, in bytes from the start of the file. */
  dataOffset: number;
}

/** More than any real header needs; a larger one is a lie. */
const headerLimitBytes = 65_536;

/** The bytes of an .npy file, format version 1.0, little-endian, C order; values begin at a multiple of 64. */
export function encodeNpy<T extends NpyType>({ dtype, shape, data }: NpyArray<T>): Buffer {
  const { code, itemBytes } = npyTypes[dtype];
  if (data.length !== product(shape)) {
    throw new RangeError(`npy: shape [${shape.join(", ")}] holds ${product(shape)} values; received ${data.length}`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${itemBytes === 1 ? "|" : "<"}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const headerBytes = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = Buffer.allocUnsafeSlow(headerBytes + data.byteLength);
  bytes.write("\u0093NUMPY\u0001\u0000", 0, "latin1");
  bytes.writeUInt16LE(headerBytes - 10, 8);
  bytes.write(`${text.padEnd(headerBytes - 11)}\n`, 10, "latin1");
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerBytes);
  return bytes;
}

/**
 * Reads the header of .npy bytes; nothing but the beginning of the file is needed.
 * @param name file name, for messages
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws {InvalidData} where it is not an .npy file of numbers
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 12 || view.toString("latin1", 0, 6) !== "\u0093NUMPY") {
    throw new InvalidData(`${name} is not what its name says: an .npy file begins with "\\x93NUMPY"; received ${hexOf(view)}`);
  }
  const [headerStart, headerBytes] = view[6] === 1 ? [10, view.readUInt16LE(8)] : [12, view.readUInt32LE(8)];
  const dataOffset = headerStart + headerBytes;
  if (headerBytes > headerLimitBytes || dataOffset > view.length) {
    throw new InvalidData(`${name}: the .npy header claims ${headerBytes} bytes, more than there are; the file is damaged`);
  }
  const text = view.toString("latin1", headerStart, dataOffset);
  const [, order, code] = /'descr':\s*'([<>|=])([a-z]\d+)'/.exec(text) ?? [];
  const dtype = (Object.keys(npyTypes) as NpyType[]).find((type) => npyTypes[type].code === code);
  const shapeText = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (dtype === undefined || shapeText === undefined) {
    throw new InvalidData(
      `${name}: arrays of ${Object.keys(npyTypes).join(", ")} are read; received ${text.trim()}. Save images as uint8 or uint16, and the names of ` +
        `classes as numbers: names, labels = numpy.unique(labels, return_inverse=True)`,
    );
  }
  const shape = [...shapeText.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  const fortranOrder = /'fortran_order':\s*True/.test(text);
  return { dtype, shape, fortranOrder, littleEndian: order !== ">", itemBytes: npyTypes[dtype].itemBytes, dataOffset };
}

/**
 * Decodes a whole .npy file, of either byte order, C or Fortran order, into C order.
 * The values share the memory of `bytes` where that is possible.
 * @throws {InvalidData} where shape and size disagree; before memory is taken
 */
export function decodeNpy(bytes: Uint8Array, name: string): NpyArray {
  const header = parseNpyHeader(bytes, name);
  const { dtype, shape, itemBytes, dataOffset } = header;
  checkNpySize(header, bytes.byteLength, name);
  const data = npyValues(bytes.subarray(dataOffset, dataOffset + product(shape) * itemBytes), header);
  return { dtype, shape, data: header.fortranOrder ? toRowMajor(data, shape) : data };
}

/** Values that stand one after another in `bytes`, in this machine's byte order; they share the memory where that is possible. */
export function npyValues(
  bytes: Uint8Array,
  { dtype, itemBytes, littleEndian }: Pick<NpyHeader, "dtype" | "itemBytes" | "littleEndian">,
): NpyArrayOf<NpyType> {
  const { byteOffset: start, byteLength } = bytes;
  const shares = start % itemBytes === 0 && (littleEndian || itemBytes === 1);
  const buffer = shares ? bytes.buffer : bytes.buffer.slice(start, start + byteLength);
  if (!littleEndian) swapBytes(Buffer.from(buffer), itemBytes);
  return new npyTypes[dtype].array(buffer as ArrayBuffer, shares ? start : 0, byteLength / itemBytes);
}

/** @throws {InvalidData} where a file of `sizeBytes` cannot hold what its header claims, or holds more */
export function checkNpySize({ shape, itemBytes, dataOffset }: NpyHeader, sizeBytes: number, name: string): void {
  const claimed = product(shape) * itemBytes;
  if (claimed !== sizeBytes - dataOffset) {
    throw new InvalidData(
      `${name}: the shape [${shape.join(", ")}] needs ${claimed} bytes of values; received ${sizeBytes - dataOffset}. ` +
        `The file is damaged or cut short: make it again`,
    );
  }
}

/** The header alone, of a file of any size. */
export async function readNpyHeader(path: string, name: string = path): Promise<NpyHeader> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerLimitBytes), 0, headerLimitBytes, 0);
    return parseNpyHeader(buffer.subarray(0, bytesRead), name);
  } finally {
    await file.close();
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, length) => total * length, 1);
}

function hexOf(bytes: Buffer): string {
  return bytes.length === 0 ? "an empty file" : `bytes ${bytes.subarray(0, 8).toString("hex")}`;
}

function swapBytes(bytes: Buffer, itemBytes: number): void {
  if (itemBytes === 2) bytes.swap16();
  if (itemBytes === 4) bytes.swap32();
  if (itemBytes === 8) bytes.swap64();
}

/** First index fastest becomes last index fastest. */
function toRowMajor<A extends NpyArrayOf<NpyType>>(values: A, shape: readonly number[]): A {
  const result = values.slice() as A;
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  for (let to = 0; to < values.length; to++) {
    const from = index.reduce((sum, position, axis) => sum + position * (strides[axis] ?? 0), 0);
    result[to] = values[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if (index[axis] !== shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

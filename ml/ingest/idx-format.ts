import { InvalidData } from "../errors.ts";

/** What the first bytes of an idx file say. */
export interface IdxHeader {
  /** Length of each dimension, e.g. [60000, 28, 28]. */
  shape: readonly number[];
  /** Where the values begin. */
  dataOffset: number;
}

/** The longest idx header: magic and 255 dimensions; ours have at most 4. */
export const idxHeaderBytes = 20;

/**
 * Reads the header of an idx file of unsigned bytes (MNIST's format).
 *
 * @param bytes the beginning of the file, decompressed
 * @param name file name, for messages
 * @param dimensions how many the file must have: 1 for labels, 3 or 4 for images
 * @see http://yann.lecun.com/exdb/mnist/ ("the IDX file format")
 * @throws {InvalidData} where the magic number, type or number of dimensions is another
 */
export function parseIdxHeader(bytes: Uint8Array, name: string, dimensions: readonly number[]): IdxHeader {
  const [first, second, type, count] = bytes;
  const received = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (first !== 0 || second !== 0 || type === undefined || count === undefined) {
    throw new InvalidData(
      `${name} is not what its name says: an idx file begins with 00 00, its type and its dimensions; received ${received || "an empty file"}`,
    );
  }
  if (type !== 0x08) {
    throw new InvalidData(`${name}: only idx files of unsigned bytes (type 08) are read; received type ${hex(type)}; convert it`);
  }
  if (!dimensions.includes(count)) {
    throw new InvalidData(
      `${name}: expected ${dimensions.join(" or ")} dimensions (magic 00 00 08 ${hex(dimensions[0]!)}); received ${received}`,
    );
  }
  const dataOffset = 4 + 4 * count;
  if (bytes.length < dataOffset) throw new InvalidData(`${name}: cut short within its header; fetch it again`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: count }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.some((length) => length === 0)) throw new InvalidData(`${name}: the shape [${shape.join(", ")}] holds nothing`);
  return { shape, dataOffset };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

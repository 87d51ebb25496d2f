import { InvalidData } from "../../ml/errors.ts";

/** An array in a stream of bytes: what its header claims. */
export interface ClaimedArray {
  /** For messages. */
  name: string;
  rows: number;
  rowBytes: number;
  /** Bytes before the first row. */
  dataOffset: number;
}

/**
 * Cuts a stream into whole rows, as many as arrive at a time; never holds more than a chunk and a row.
 *
 * @throws {InvalidData} where there are more or fewer bytes than claimed
 */
export async function* wholeRows(
  chunks: AsyncIterable<Buffer>,
  { name, rows, rowBytes, dataOffset }: ClaimedArray,
): AsyncIterable<{ firstRow: number; rows: number; bytes: Buffer }> {
  let firstRow = 0;
  let skip = dataOffset;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    const bytes = rest.length === 0 ? chunk.subarray(skipped) : Buffer.concat([rest, chunk.subarray(skipped)]);
    const count = Math.floor(bytes.length / rowBytes);
    rest = bytes.subarray(count * rowBytes);
    if (firstRow + count > rows || (firstRow + count === rows && rest.length > 0)) {
      throw new InvalidData(
        `${name}: holds more than the ${rows} rows of ${rowBytes} bytes that its header claims; it is damaged: fetch it again`,
      );
    }
    if (count > 0) yield { firstRow, rows: count, bytes: bytes.subarray(0, count * rowBytes) };
    firstRow += count;
  }
  if (firstRow === rows) return;
  const received = firstRow * rowBytes + rest.length;
  throw new InvalidData(
    `${name}: cut short: its header claims ${rows} rows of ${rowBytes} bytes, ${received} bytes were received; fetch it again`,
  );
}

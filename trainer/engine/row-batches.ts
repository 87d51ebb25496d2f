import { concatenate } from "../../ml/concatenate.ts";

/**
 * Outputs of any number of rows, computed in one padded batch shape.
 *
 * @param compute outputs of a batch; `upcoming` is the next one, null at the end
 * @returns `[rows.length, outputs]`
 */
export async function inPaddedBatches(
  rows: Int32Array,
  batchSize: number,
  compute: (batch: Int32Array, upcoming: Int32Array | null) => Promise<Float32Array>,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    const next = start + batchSize;
    const upcoming = next < rows.length ? paddedRows(rows, next, batchSize) : null;
    const outputs = await compute(paddedRows(rows, start, batchSize), upcoming);
    parts.push(outputs.subarray(0, (Math.min(batchSize, rows.length - start) * outputs.length) / batchSize));
  }
  return concatenate(parts, Float32Array);
}

/** `count` rows from `start` on, the last row repeated where there are fewer. */
function paddedRows(rows: Int32Array, start: number, count: number): Int32Array {
  const part = rows.subarray(start, start + count);
  if (part.length === count) return part;
  const padded = new Int32Array(count).fill(rows.at(-1) ?? 0);
  padded.set(part);
  return padded;
}

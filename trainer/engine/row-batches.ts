/** `count` rows from `start` on, the last row repeated where there are fewer. */
export function paddedRows(rows: Int32Array, start: number, count: number): Int32Array {
  const part = rows.subarray(start, start + count);
  if (part.length === count) return part;
  const padded = new Int32Array(count).fill(rows.at(-1) ?? 0);
  padded.set(part);
  return padded;
}

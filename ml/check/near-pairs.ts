const hashBits = 64;

/**
 * Pairs of rows whose hashes differ in at most some bits, each pair once, smaller row first.
 *
 * Hashes that are at most d bits apart agree in at least one of d + 1 bands: only rows that share a band are compared, so the cost is far
 * below quadratic as long as hashes are spread. Rows with equal hashes are chained, not paired each with each.
 *
 * @param hashes 64-bit hash by row
 * @param rows those to be compared
 * @see Norouzi, Punjani, Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing"
 */
export function nearPairs(hashes: BigUint64Array, rows: readonly number[], distance: number): [number, number][] {
  const pairs: [number, number][] = [];
  const byHash = new Map<bigint, number>();
  const lastOf = new Map<bigint, number>();
  for (const row of rows) {
    const hash = hashes[row]!;
    const last = lastOf.get(hash);
    if (last === undefined) byHash.set(hash, row);
    else pairs.push([last, row]);
    lastOf.set(hash, row);
  }
  const distinct = [...byHash.keys()].map((hash) => ({
    row: byHash.get(hash)!,
    high: Number(hash >> 32n),
    low: Number(hash & 0xffffffffn),
    hash,
  }));
  const seen = new Set<string>();
  const bands = distance + 1;
  for (let band = 0; band < bands; band++) {
    const start = Math.floor((band * hashBits) / bands);
    const mask = (1n << BigInt(Math.floor(((band + 1) * hashBits) / bands) - start)) - 1n;
    const buckets = new Map<bigint, typeof distinct>();
    for (const entry of distinct) {
      const key = (entry.hash >> BigInt(start)) & mask;
      const bucket = buckets.get(key) ?? [];
      if (bucket.length === 0) buckets.set(key, bucket);
      for (const other of bucket) {
        if (bitCount(entry.high ^ other.high) + bitCount(entry.low ^ other.low) > distance) continue;
        const pair: [number, number] = [Math.min(entry.row, other.row), Math.max(entry.row, other.row)];
        if (!seen.has(pair.join())) pairs.push(pair);
        seen.add(pair.join());
      }
      bucket.push(entry);
    }
  }
  return pairs.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** @see Warren, "Hacker's Delight", section 5-1 */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

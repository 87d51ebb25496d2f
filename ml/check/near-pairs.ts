const hashBits = 64;

/** Hundreds of thousands of frames of one film would have more pairs than memory holds; nobody looks at more than this. */
const largestPairCount = 1_000_000;

/**
 * Pairs of rows whose hashes differ in at most some bits, each pair once, smaller row first; the first million of them.
 *
 * Hashes that are at most d bits apart agree in at least one of d + 1 bands: only rows that share a band are compared, so the cost is far
 * below quadratic as long as hashes are spread. Rows with equal hashes are chained, not paired each with each. Yields after each row.
 *
 * @param hashes 64-bit hash by row
 * @param rows those to be compared
 * @see Norouzi, Punjani, Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing"
 */
export function* nearPairs(
  hashes: BigUint64Array,
  rows: readonly number[],
  distance: number,
): Generator<void, [number, number][]> {
  const { pairs, distinct } = chainEqual(hashes, rows);
  const bands = distance + 1;
  const entries = distinct.map((row): HashEntry => {
    const hash = hashes[row]!;
    return { row, high: Number(hash >> 32n), low: Number(hash & 0xffffffffn), keys: bandKeys(hash, bands) };
  });
  for (let band = 0; band < bands; band++) {
    const buckets = new Map<number, HashEntry[]>();
    for (const entry of entries) {
      yield;
      const bucket = buckets.get(entry.keys[band]!);
      if (!bucket) {
        buckets.set(entry.keys[band]!, [entry]);
        continue;
      }
      for (const other of bucket) {
        if (bitCount(entry.high ^ other.high) + bitCount(entry.low ^ other.low) > distance) continue;
        // A pair that agrees in several bands is taken in the first of them.
        if (entry.keys.findIndex((key, i) => key === other.keys[i]) !== band) continue;
        pairs.push([Math.min(entry.row, other.row), Math.max(entry.row, other.row)]);
        if (pairs.length >= largestPairCount) return inOrder(pairs);
      }
      bucket.push(entry);
    }
  }
  return inOrder(pairs);
}

interface HashEntry {
  row: number;
  high: number;
  low: number;
  keys: number[];
}

/** Pairs each row with the next of the same hash; `distinct` are the first rows of each hash. */
function chainEqual(hashes: BigUint64Array, rows: readonly number[]): { pairs: [number, number][]; distinct: number[] } {
  const pairs: [number, number][] = [];
  const distinct: number[] = [];
  const lastOf = new Map<bigint, number>();
  for (const row of rows) {
    const last = lastOf.get(hashes[row]!);
    if (last === undefined) distinct.push(row);
    else pairs.push([last, row]);
    lastOf.set(hashes[row]!, row);
  }
  return { pairs, distinct };
}

/** The bits of each band, as a number. */
function bandKeys(hash: bigint, bands: number): number[] {
  return Array.from({ length: bands }, (_, band) => {
    const start = Math.floor((band * hashBits) / bands);
    const end = Math.floor(((band + 1) * hashBits) / bands);
    return Number((hash >> BigInt(start)) & ((1n << BigInt(end - start)) - 1n));
  });
}

function inOrder(pairs: [number, number][]): [number, number][] {
  return pairs.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** @see Warren, "Hacker's Delight", section 5-1 */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

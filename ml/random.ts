/** A source of numbers in [0, 1). */
export type Random = () => number;

/**
 * A random stream of its own for each name path, so that no draw depends on order, batch size or a retry.
 *
 * @param seed the run's seed
 * @param path what the stream is for, e.g. `"augment", epoch, sampleId`
 * @see Chris Doty-Humphrey's sfc32 from PractRand; seeded by cyrb128-style mixing (MurmurHash3 finalizer)
 */
export function randomStream(seed: number, ...path: readonly (string | number)[]): Random {
  const [a, b, c, d] = hash128([seed, ...path].join("\u0000"));
  return sfc32(a, b, c, d);
}

/** A 32-bit unsigned seed for libraries that take one number, from the same streams. Never 0: some take 0 for "unseeded". */
export function seedFor(seed: number, ...path: readonly (string | number)[]): number {
  return hash128([seed, ...path].join("\u0000"))[0] || 1;
}

/** A number in [0, 1) with 53 random bits that depends on nothing but the seed and the path: the sort key of splits. */
export function hashUnit(seed: number, ...path: readonly (string | number)[]): number {
  const [a, b] = hash128([seed, ...path].join("\u0000"));
  return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992;
}

/** Fisher–Yates over a copy; the same stream and values give the same order. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Fisher–Yates over row numbers, in place of boxed arrays for large sets. */
export function shuffledRows(rows: Int32Array, random: Random): Int32Array {
  const result = rows.slice();
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = result[i]!;
    result[i] = result[j]!;
    result[j] = held;
  }
  return result;
}

function sfc32(a0: number, b0: number, c0: number, counter0: number): Random {
  let [a, b, c, counter] = [a0 | 0, b0 | 0, c0 | 0, counter0 | 0];
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

function hash128(text: string): [number, number, number, number] {
  let [h1, h2, h3, h4] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [(h1 ^ h2 ^ h3 ^ h4) >>> 0, (h2 ^ h1) >>> 0, (h3 ^ h1) >>> 0, (h4 ^ h1) >>> 0];
}

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { nearPairs } from "../../../ml/check/near-pairs.ts";
import { takeSteps } from "../../support/take-steps.ts";
import { perceptualHash } from "../../../ml/check/perceptual-hash.ts";
import { randomStream } from "../../../ml/random.ts";

const bitsApart = (a: bigint, b: bigint) => (a ^ b).toString(2).replaceAll("0", "").length;

/** A smooth picture of random hills, different for each seed, at any size. */
function picture(
  seed: number,
  height: number,
  width: number,
  change: (value: number) => number = (value) => value,
): Float32Array {
  const random = randomStream(seed, "hills");
  const hills = Array.from({ length: 121 }, () => 255 * random());
  const hill = (row: number, column: number) => hills[Math.min(10, row) * 11 + Math.min(10, column)]!;
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [(10 * (Math.floor(i / width) + 0.5)) / height, (10 * ((i % width) + 0.5)) / width];
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const top = hill(row, column) * (1 + column - x) + hill(row, column + 1) * (x - column);
    const bottom = hill(row + 1, column) * (1 + column - x) + hill(row + 1, column + 1) * (x - column);
    return change(top * (1 + row - y) + bottom * (y - row));
  });
}

describe("a perceptual hash", () => {
  test("moves few bits under scaling, brightness and contrast", () => {
    for (let seed = 0; seed < 20; seed++) {
      const hash = perceptualHash(picture(seed, 96, 96), 96, 96);

      expect(bitsApart(hash, perceptualHash(picture(seed, 128, 160), 128, 160))).toBeLessThanOrEqual(6);
      expect(
        bitsApart(
          hash,
          perceptualHash(
            picture(seed, 96, 96, (value) => value * 0.7 + 30),
            96,
            96,
          ),
        ),
      ).toBeLessThanOrEqual(2);
    }
  });

  test("differs between pictures", () => {
    const hashes = Array.from({ length: 20 }, (_, seed) => perceptualHash(picture(seed, 64, 64), 64, 64));

    expect(new Set(hashes).size).toBe(20);
  });
});

describe("near pairs", () => {
  test("are those that comparing all with all finds", () => {
    const word = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    const flips = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ base: fc.nat(3), flips }), { maxLength: 30 }),
        fc.array(word, { minLength: 4, maxLength: 4 }),
        (rows, bases) => {
          const distinct = new Set(
            rows.map(({ base, flips: bits }) => bits.reduce((hash, bit) => hash ^ (1n << BigInt(bit)), bases[base]!)),
          );
          const hashes = BigUint64Array.from(distinct);
          const expected: [number, number][] = [];
          for (let a = 0; a < hashes.length; a++) {
            for (let b = a + 1; b < hashes.length; b++) if (bitsApart(hashes[a]!, hashes[b]!) <= 4) expected.push([a, b]);
          }

          expect(takeSteps(nearPairs(hashes, [...hashes.keys()], 4))).toEqual(expected);
        },
      ),
    );
  });

  test("chain rows of equal hashes", () => {
    expect(takeSteps(nearPairs(BigUint64Array.of(7n, 1n << 40n, 7n, 7n), [0, 1, 2, 3], 0))).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });
});

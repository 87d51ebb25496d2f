import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { applyToMatrix } from "../../../ml/stats/matrix-function.ts";
import { decomposeSymmetric } from "../../../ml/stats/symmetric-eigen.ts";
import { takeSteps } from "../../support/take-steps.ts";

// Made by make-goldens.py beside it.
const { expected } = JSON.parse(readFileSync(new URL("../../golden/stats/goldens.json", import.meta.url), "utf8")) as {
  expected: { hilbertEigenvalues: number[] };
};

function symmetric(size: number, of: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return of(Math.max(i, j), Math.min(i, j));
  });
}

/** `vectors[k]` belongs to `values[k]`. */
function decompose(matrix: Float64Array, size: number) {
  const given = Array.from({ length: size }, (_, row) => matrix.slice(row * size, (row + 1) * size));
  const { values, rows } = takeSteps(decomposeSymmetric(given));
  return { values, vectors: rows.map((_, k) => rows.map((row) => row[k]!)) };
}

/** What is largest of a matrix' values, by size. */
const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));

describe("the decomposition of a symmetric matrix", () => {
  test("finds what can be computed by hand", () => {
    const { values, vectors } = decompose(Float64Array.of(2, 1, 1, 2), 2);

    const [of1, of3] = values[0]! < values[1]! ? [0, 1] : [1, 0];
    expect(values[of1]).toBeCloseTo(1, 14);
    expect(values[of3]).toBeCloseTo(3, 14);
    expect(Math.abs(vectors[of3]![0]! + vectors[of3]![1]!)).toBeCloseTo(Math.SQRT2, 14);
    expect(vectors[of1]![0]! + vectors[of1]![1]!).toBeCloseTo(0, 14);
  });

  test("has the eigenvalues of Hilbert's matrix that numpy.linalg.eigvalsh has", () => {
    const size = 6;

    const { values } = decompose(
      symmetric(size, (i, j) => 1 / (i + j + 1)),
      size,
    );

    for (const [k, value] of values.toSorted().entries())
      expect(Math.abs(value - expected.hilbertEigenvalues[k]!)).toBeLessThan(1e-15);
  });

  test.each([
    ["nothing but zeros", symmetric(5, () => 0), [0, 0, 0, 0, 0]],
    ["one direction", symmetric(5, () => 2), [0, 0, 0, 0, 10]],
    ["a diagonal", symmetric(3, (i, j) => (i === j ? i : 0)), [0, 1, 2]],
    ["one value", Float64Array.of(7), [7]],
    ["the smallest numbers there are", Float64Array.of(0, 5e-324, 5e-324, 0), [-5e-324, 5e-324]],
  ])("is found of %s", (_, matrix, wanted) => {
    const { values, vectors } = decompose(matrix, wanted.length);

    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 14);
    for (const [k, value] of values.toSorted().entries()) expect(value).toBeCloseTo(wanted[k]!, 13);
  });

  test("has vectors of length 1, at right angles, that make up the matrix again", () => {
    const sizes = fc.integer({ min: 1, max: 24 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        entries: fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: size * size, maxLength: size * size }),
      }),
    );
    fc.assert(
      fc.property(sizes, ({ size, entries }) => {
        const matrix = symmetric(size, (i, j) => entries[i * size + j]!);

        const { vectors } = decompose(matrix, size);
        const again = matrix.slice();
        takeSteps(applyToMatrix(again, size, (value) => value));

        const products = vectors.flatMap((a, i) =>
          vectors.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k]!, i === j ? -1 : 0)),
        );
        expect(largest(products)).toBeLessThan(1e-12);
        // The smallest numbers there are have no digits to be that near with.
        const allowed = 1e-13 * size * largest(matrix) + 4 * size * Number.MIN_VALUE;
        expect(largest(again.map((value, i) => value - matrix[i]!))).toBeLessThanOrEqual(allowed);
      }),
    );
  });
});

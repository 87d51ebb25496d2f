import { array, assert, integer, property } from "fast-check";
import { expect, test } from "vitest";

import { PixelValues, pixelsOf } from "../../../ml/ingest/pixel-values.ts";

const allRows = (values: ArrayLike<unknown>) => ({ name: "x", firstRow: 0, rows: values.length });

function found(values: ArrayLike<number | bigint>, type = "float32") {
  const survey = new PixelValues(type);
  survey.add(values, allRows(values));
  return survey.reading("x");
}

test.each([
  { what: "bytes", dtype: "uint8", scale: 255, stored: Float32Array, largest: 255 },
  { what: "bytes, in double precision", dtype: "uint8", scale: 255, stored: Float64Array, largest: 255 },
  { what: "16 bits", dtype: "uint16", scale: 65_535, stored: Float32Array, largest: 65_535 },
])("fractions of $what come back as they were", ({ dtype, scale, stored, largest }) => {
  // 1 and 2 of 65,535 are no 255ths.
  assert(
    property(array(integer({ min: 0, max: largest })), (drawn) => {
      const pixels = [0, 1, 2, ...drawn];
      const values = new stored(pixels.map((pixel) => pixel / scale));

      const reading = found(values);

      expect(reading).toEqual({ dtype, scale });
      expect([...pixelsOf(values, reading)]).toEqual(pixels);
    }),
  );
});

test("whole numbers are taken as they are, in the smallest type; those of an integer type never for fractions", () => {
  expect(found([0, 2, 255])).toEqual({ dtype: "uint8", scale: 1 });
  expect(found([0, 2, 256])).toEqual({ dtype: "uint16", scale: 1 });
  expect(found([0, 1, 1])).toEqual({ dtype: "uint8", scale: 255 });
  expect(found([0n, 1n, 1n], "int64")).toEqual({ dtype: "uint8", scale: 1 });
});

test("the type that is wanted decides where both hold the values", () => {
  const survey = new PixelValues("float32");
  const values = [0, 0.2, 1];
  survey.add(values, allRows(values));

  expect(survey.reading("x", "uint16")).toEqual({ dtype: "uint16", scale: 65_535 });
  expect(() => survey.reading("x", "uint8")).not.toThrow();
});

test.each([
  { values: [-1, 0, 1], message: /x: pixels are .*; received whole numbers from -1 to 1/ },
  { values: [0, 0.123_456_7, 1], message: /received fractions from 0 to 1\. Save the images as they were/ },
  { values: [0, 1.5], message: /received fractions from 0 to 1\.5/ },
  { values: [0, Number.POSITIVE_INFINITY], message: /x: pixels are finite numbers; received Infinity in row 1/ },
])("$values are refused", ({ values, message }) => {
  expect(() => found(values)).toThrow(message);
});

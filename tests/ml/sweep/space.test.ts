import { assert, constantFrom, double, property } from "fast-check";
import { describe, expect, test } from "vitest";

import type { Dimension } from "../../../ml/sweep/schema.ts";
import { spaceSchema } from "../../../ml/sweep/schema.ts";
import { allPoints, orderedKeys, pointFrom, scaleOf, unitOf, valueCount, valueFromUnit } from "../../../ml/sweep/space.ts";

const dimension = (given: unknown): Dimension => spaceSchema.parse({ key: given })["key"]!;
const values = (given: unknown) => [...allPoints({ key: dimension(given) })].map((point) => point["key"]);

describe("a space", () => {
  test.each([
    [
      ["a", 2, null, [1]],
      ["a", 2, null, [1]],
    ],
    [{ int: [2, 5] }, [2, 3, 4, 5]],
    [{ int: [16, 70], step: 16 }, [16, 32, 48, 64]],
    [{ float: [0, 0.3], step: 0.1 }, [0, 0.1, 0.2, 0.3]],
    [{ int: [1, 4], log: true }, [1, 2, 3, 4]],
  ])("%j has the values %j", (given, expected) => {
    expect(values(given)).toEqual(expected);
  });

  test("with a range of numbers is not finite", () => {
    expect(values({ float: [0, 1] })).toEqual([]);
    expect(valueCount(scaleOf(dimension({ float: [0, 1] })))).toBe(Infinity);
  });

  test.each([
    [{ int: [1, 10], step: 2, log: true }, "step and log exclude each other"],
    [{ float: [0, 1], log: true }, "a logarithmic scale begins above 0"],
    [{ float: [2, 1] }, "is [lowest, highest]"],
    [{ int: [0.5, 1] }, "whole numbers"],
  ])("refuses %j", (given, message) => {
    const outcome = spaceSchema.safeParse({ key: given });

    expect(JSON.stringify(outcome.error?.issues)).toContain(message);
  });

  test("halves a logarithmic range at the geometric mean", () => {
    expect(valueFromUnit(scaleOf(dimension({ float: [1e-4, 1e-2], log: true })), 0.5)).toBeCloseTo(1e-3, 12);
  });

  test("finds every value again where it stands on its scale", () => {
    const dimensions = [
      { float: [-3, 5] },
      { float: [1e-5, 1e-1], log: true },
      { int: [3, 40] },
      { int: [1, 4096], log: true },
      { float: [0, 1], step: 0.05 },
      ["x", "y", "z"],
    ].map((given) => scaleOf(dimension(given)));
    assert(
      property(constantFrom(...dimensions), double({ min: 0, max: 1, noNaN: true }), (scale, unit) => {
        const value = valueFromUnit(scale, unit);
        const again = valueFromUnit(scale, unitOf(scale, value));
        const [before, after] = typeof value === "number" ? [value, Number(again)] : [0, again === value ? 0 : 1];
        expect(after).toBeCloseTo(before, 9);
      }),
    );
  });

  test("gives a key a value only where its condition holds, whatever the order they are written in", () => {
    const space = spaceSchema.parse({
      momentum: { float: [0, 0.9], step: 0.9, when: { optimizer: ["sgd", "momentum"] } },
      nesterov: { choice: [true, false], when: { momentum: 0.9 } },
      optimizer: ["sgd", "adam"],
    });

    expect(orderedKeys(space)).toEqual(["optimizer", "momentum", "nesterov"]);
    expect([...allPoints(space)]).toEqual([
      { optimizer: "sgd", momentum: 0 },
      { optimizer: "sgd", momentum: 0.9, nesterov: true },
      { optimizer: "sgd", momentum: 0.9, nesterov: false },
      { optimizer: "adam" },
    ]);
    expect(pointFrom(space, (key) => (key === "optimizer" ? "adam" : 0.9))).toEqual({ optimizer: "adam" });
  });

  test("refuses conditions that go in a circle, naming it", () => {
    const space = spaceSchema.parse({ a: { choice: [1], when: { b: 1 } }, b: { choice: [1], when: { a: 1 } } });

    expect(() => orderedKeys(space)).toThrow("the conditions of a → b → a go in a circle");
  });
});

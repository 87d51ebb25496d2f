import { expect, test } from "vitest";

import { InvalidConfiguration } from "../../../ml/errors.ts";
import { classWeights } from "../../../ml/train/class-weights.ts";

test("weighs classes as scikit-learn's compute_class_weight does", () => {
  expect(classWeights("balanced", [1, 2, 5], ["a", "b", "c"])).toEqual([8 / 3, 8 / 6, 8 / 15]);
});

test("takes the square root of the balanced weights, one for a class without rows, and none at all where not asked", () => {
  expect(classWeights("sqrt", [1, 4, 0], ["a", "b", "c"])).toEqual([Math.sqrt(5 / 3), Math.sqrt(5 / 12), 1]);
  expect(classWeights("none", [1, 4], ["a", "b"])).toBeNull();
});

test("takes weights given by class name, one for a class left out, and refuses a name no class has", () => {
  expect(classWeights({ cat: 3 }, [1, 4], ["cat", "dog"])).toEqual([3, 1]);
  expect(() => classWeights({ cow: 3 }, [1, 4], ["cat", "dog"])).toThrow(InvalidConfiguration);
  expect(() => classWeights({ cow: 3 }, [1, 4], ["cat", "dog"])).toThrow(/"cow".*cat, dog/);
});

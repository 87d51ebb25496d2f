import { expect, test } from "vitest";

import { canonicalJson } from "../../ml/canonical-json.ts";

test("sorts keys at every depth and leaves out undefined", () => {
  expect(canonicalJson({ b: [{ d: 1, c: "ü" }], a: undefined, A: null })).toBe('{"A":null,"b":[{"c":"ü","d":1}]}');
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [() => 1], [10n]])("refuses %s, which JSON cannot say", (value) => {
  expect(() => canonicalJson({ value })).toThrow(TypeError);
});

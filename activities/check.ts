import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { gatherFacts } from "../ml/check/gather-facts.ts";
import { emptyStatistics, measureImages } from "../ml/check/image-statistics.ts";
import type { CheckFacts, ColumnNames } from "../ml/check/rule.ts";
import type { OwnFinding } from "../ml/check/run-checks.ts";
import { runChecks } from "../ml/check/run-checks.ts";
import type { CheckReport, GateParameters } from "../ml/check/schema.ts";
import { ownRules } from "../ml/check/schema.ts";
import { DatasetRejected } from "../ml/errors.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import { checkPage } from "../reports/check-report.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { imageBlocks } from "../storage/dataset-images.ts";
import { loadModule } from "../storage/load-module.ts";
import { withoutSecrets } from "../storage/secrets.ts";
import { readSamples } from "../storage/tables.ts";
import { inTurns } from "./in-turns.ts";
import { RowPictures } from "./row-pictures.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

interface CheckOutputs extends Record<string, ArtifactRef> {
  /** The results, as JSON. */
  report: ArtifactRef;
  /** The same to read, with examples. */
  page: ArtifactRef;
}

/**
 * Asks every rule, reading the pixels once. Report and page are stored whatever they say. A retry gives the same.
 *
 * @throws {ModuleFailed} if a rule of the user's own throws
 * @throws {DatasetRejected} if a rule of severity `fail` does not pass; its message says which, and where the report is
 */
export async function check(
  { parameters, inputs }: StageTask<GateParameters & ColumnNames, { dataset: ArtifactRef }>,
  context: StageContext,
): Promise<StageResult<CheckOutputs>> {
  const { artifacts, log, signal } = context;
  const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const statistics = emptyStatistics(dataset.rowCount);
  for await (const { firstRow, rows, images } of imageBlocks(dataset, artifacts, signal)) {
    await inTurns(measureImages(images, firstRow, dataset, statistics), signal);
    context.progress(firstRow + rows, dataset.rowCount, "images");
  }
  const facts = await inTurns(gatherFacts(dataset, samples, statistics, parameters), signal);
  const report = await inTurns(runChecks(facts, parameters, await askOwnRules(facts, parameters, artifacts)), signal);
  const outputs = await storeReport(report, { sha256: inputs.dataset.sha256, dataset, samples }, artifacts);
  for (const { rule, status, message } of report.results) {
    if (status === "warned" || status === "waived") log.warn({ rule, status }, `${rule}: ${message}`);
  }
  if (!report.passed) throw new DatasetRejected(describeFailure(report, samples, context.runId), outputs);
  const withStatus = (wanted: string) => report.results.filter(({ status }) => status === wanted).map(({ rule }) => rule);
  return {
    outputs,
    summary: { warned: withStatus("warned"), waived: withStatus("waived"), rules: report.results.length },
  };
}

async function storeReport(
  report: CheckReport,
  { sha256, dataset, samples }: { sha256: string; dataset: Dataset; samples: Samples },
  artifacts: ArtifactStore,
): Promise<CheckOutputs> {
  const found = report.results.filter(({ status, rows }) => status !== "passed" && rows.length > 0);
  const pictures = await RowPictures.read(
    { dataset, samples, artifacts },
    found.flatMap(({ rows }) => rows),
  );
  const examples = await Promise.all(
    found.map(async ({ rule, rows }) => ({ title: rule, pictures: await pictures.showAll(rows) })),
  );
  const page = withoutSecrets(checkPage({ check: report, dataset, sha256, examples }));
  return { report: await artifacts.putJson(report), page: await artifacts.put(Buffer.from(page), mediaTypes.html) };
}

async function askOwnRules(facts: CheckFacts, parameters: GateParameters, artifacts: ArtifactStore): Promise<OwnFinding[]> {
  const findings: OwnFinding[] = [];
  for (const reference of ownRules(parameters)) {
    const { file, definition, call } = await loadModule("rule", reference, artifacts);
    const { name, severity = "warn", threshold } = definition;
    findings.push({ file, name, severity, threshold, finding: await call("find", () => definition.find(facts, threshold)) });
  }
  return findings;
}

function describeFailure({ results }: CheckReport, samples: Samples, runId: string): string {
  const failed = results.filter(({ status }) => status === "failed");
  const lines = failed.map(({ rule, value, threshold, message, rows }) => {
    const examples = rows.slice(0, 5).map((row) => samples.id[row]);
    const shown = examples.length > 0 ? ` (rows ${examples.join(", ")}${rows.length > 5 ? " …" : ""})` : "";
    return `${rule}: ${message}; value ${Number(value.toPrecision(4))}, threshold ${threshold}${shown}`;
  });
  return (
    `The data set does not pass ${failed.length} of ${results.length} rules. ${lines.join(". ")}. ` +
    `Correct the data, or waive a rule under check.waive with its reason. Its report: convoy open ${runId} --stage check`
  );
}

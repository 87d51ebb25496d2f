import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import type { CheckReport } from "../ml/check/schema.ts";
import { checkReportSchema } from "../ml/check/schema.ts";
import { InvalidSplit } from "../ml/errors.ts";
import { datasetSchema } from "../ml/ingest/schema.ts";
import type { SplitParameters, SplitSummary } from "../ml/split/schema.ts";
import type { KnownParts } from "../ml/split/known-parts.ts";
import { knownParts } from "../ml/split/known-parts.ts";
import { splitRows } from "../ml/split/split-rows.ts";
import { summarizeSplit } from "../ml/split/summarize-split.ts";
import type { Stage } from "../ml/stages.ts";
import type { Store } from "../storage/open-store.ts";
import { readSplit } from "../storage/read-split.ts";
import { encodeNpy } from "../storage/npy.ts";
import { readSamples } from "../storage/tables.ts";
import type { StageContext, StageResult, StageTask } from "./stage.ts";

/**
 * Gives each row its part: a npy array of codes, and a summary that proves that nothing leaks. A retry gives the same.
 *
 * @throws {InvalidSplit} if a part cannot be filled as asked, or parts leak into each other and nobody has waived it
 */
export function createSplit({ runs }: Pick<Store, "runs">) {
  return async function split(
    { parameters, inputs, seed }: StageTask<SplitParameters, { dataset: ArtifactRef; check: ArtifactRef }>,
    { artifacts, log }: StageContext,
  ): Promise<StageResult<{ split: ArtifactRef; summary: ArtifactRef }>> {
    const dataset = await artifacts.getJson(inputs.dataset, datasetSchema);
    const report = await artifacts.getJson(inputs.check, checkReportSchema);
    const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);

    const { extends: runId } = parameters;
    const known = runId === undefined ? undefined : await partsOfRun(runId, { runs, artifacts });
    const { strategy, codes, kept, moved } = splitRows(samples, dataset.classes, parameters, seed, known);
    const plain = summarizeSplit(samples, dataset.classes.length, codes, strategy);
    const used = plain.parts.train.rows + plain.parts.validation.rows + plain.parts.test.rows;
    const summary = { ...plain, ...(runId === undefined ? {} : { extends: { runId, kept, added: used - kept, moved } }) };
    passLeakGate(summary, report);
    if (summary.leaks.groups + summary.leaks.exactDuplicates > 0)
      log.warn({ ...summary.leaks }, "parts leak into each other, as was accepted");
    if (moved > 0) log.warn({ moved }, "groups of several parts are joined by new images, and now train");

    const { train, validation, test } = summary.parts;
    const lacking = lackingClass(validation, dataset.classes);
    log.info({ strategy, train: train.rows, validation: validation.rows, test: test.rows }, "rows split");
    const array = encodeNpy({ dtype: "uint8", shape: [codes.length], data: codes });
    const ref = await artifacts.put(array, mediaTypes.npy);
    await artifacts.keepLocal(ref, array);
    return {
      outputs: { split: ref, summary: await artifacts.putJson(summary) },
      summary: {
        strategy,
        train: train.rows,
        validation: validation.rows,
        test: test.rows,
        ...(lacking === undefined ? {} : { validationLacks: lacking }),
        leaks: { ...summary.leaks },
        ...(summary.extends ? { kept, added: summary.extends.added } : {}),
      },
    };
  };
}

/** Of two classes the one that a part has no row of, on which no threshold is found then. */
function lackingClass({ rows, perClass }: SplitSummary["parts"]["validation"], classes: readonly string[]): string | undefined {
  return rows > 0 && classes.length === 2 ? classes.find((_, code) => perClass[code] === 0) : undefined;
}

/** What an earlier run's split says of its rows. @throws {InvalidSplit} where there is no such run, or it has no split */
async function partsOfRun(runId: string, { runs, artifacts }: Pick<Store, "runs" | "artifacts">): Promise<KnownParts> {
  const record = await runs.find(runId);
  const outputs = (name: Stage) => record?.stages.find((stage) => stage.name === name)?.outputs ?? {};
  const [{ dataset: datasetRef }, { split: splitRef }] = [outputs("ingest"), outputs("split")];
  if (!datasetRef || !splitRef)
    throw new InvalidSplit(
      `split.extends names run ${JSON.stringify(runId)}, ${record ? "which has no split" : "which is not in this store"}; name a run that split its data (convoy runs)`,
    );
  const dataset = await artifacts.getJson(datasetRef, datasetSchema);
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  return knownParts(samples, await readSplit(artifacts, splitRef, dataset));
}

/** Given parts may leak only where the rule that says so is waived, or was made a mere warning. */
function passLeakGate({ leaks, strategy }: SplitSummary, { results }: CheckReport): void {
  const accepted = (rule: string) =>
    results.some((result) => result.rule === rule && ["waived", "warned", "info"].includes(result.status));
  const found = [
    { rule: "groups-across-parts", count: leaks.groups, what: "groups" },
    { rule: "duplicates-across-parts", count: leaks.exactDuplicates, what: "sets of identical images" },
  ];
  for (const { rule, count, what } of found) {
    // Rows were kept apart by class alone: groups are then no concern of this split.
    if (count === 0 || accepted(rule) || (rule === "groups-across-parts" && strategy === "stratified")) continue;
    throw new InvalidSplit(
      `${count} ${what} stand in more than one part (strategy ${strategy}): what is tested on would have been trained on. ` +
        `Split by group or stratified, or waive the rule ${rule} with a reason`,
    );
  }
}

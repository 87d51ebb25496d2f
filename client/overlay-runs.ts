import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { metricsSchema } from "../ml/evaluate/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { ComparableRun, RunsSideBySide } from "../ml/run/side-by-side.ts";
import { sideBySide } from "../ml/run/side-by-side.ts";
import { historySchema } from "../ml/train/schema.ts";
import { comparisonReport } from "../reports/comparison-report.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { withoutSecrets } from "../storage/secrets.ts";

/**
 * Several runs over each other, and a page of it.
 * @param folder where the page is written, named after the runs
 * @throws {ArtifactCorrupt} where metrics or history of one of them are gone from the store
 */
export async function overlayRuns(
  artifacts: ArtifactStore,
  records: readonly RunRecord[],
  folder: string,
): Promise<RunsSideBySide & { page: string }> {
  const compared = sideBySide(await Promise.all(records.map((record) => comparable(artifacts, record))));
  const page = join(folder, `compare-${records.map(({ runId }) => runId).join("-")}.html`.slice(0, 200));
  await mkdir(folder, { recursive: true });
  await writeFile(page, withoutSecrets(comparisonReport(compared)));
  return { ...compared, page };
}

async function comparable(artifacts: ArtifactStore, record: RunRecord): Promise<ComparableRun> {
  const output = (stage: "train" | "evaluate", name: string): ArtifactRef | undefined => stageOf(record, stage)?.outputs[name];
  const [metrics, history] = [output("evaluate", "metrics"), output("train", "history")];
  return {
    record,
    metrics: metrics ? await artifacts.getJson(metrics, metricsSchema) : null,
    history: history ? await artifacts.getJson(history, historySchema) : null,
  };
}

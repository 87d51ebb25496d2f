import type { ArtifactRef } from "../ml/artifact.ts";
import type { FoldAnswers } from "../ml/evaluate/pool-folds.ts";
import { metricsSchema } from "../ml/evaluate/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readTable } from "../storage/tables.ts";

/** What the models of a cross-validation answered, from evaluate's inputs; none where there are no folds. */
export async function readFolds(
  inputs: Readonly<Record<string, ArtifactRef>>,
  classes: readonly string[],
  artifacts: ArtifactStore,
): Promise<FoldAnswers[]> {
  const folds: FoldAnswers[] = [];
  for (let fold = 1; ; fold++) {
    const [metrics, predictions] = [inputs[`fold${fold}Metrics`], inputs[`fold${fold}Predictions`]];
    if (!metrics || !predictions) return folds;
    const { test } = await artifacts.getJson(metrics, metricsSchema);
    const table = await readTable(await artifacts.localPath(predictions));
    const column = (name: string) => (table[name] ?? []) as number[];
    const truths = Int32Array.from(column("truth"));
    const scores = classes.map((name) => column(`probability:${name}`));
    const probabilities = new Float32Array(truths.length * classes.length);
    for (let row = 0; row < truths.length; row++)
      for (const [code, values] of scores.entries()) probabilities[row * classes.length + code] = values[row] ?? 0;
    folds.push({ evaluation: test, rows: Int32Array.from(column("row")), truths, probabilities });
  }
}

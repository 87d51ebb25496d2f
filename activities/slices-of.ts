import type { ArtifactRef } from "../ml/artifact.ts";
import type { SliceScore } from "../ml/evaluate/slice-scores.ts";
import { sliceScores } from "../ml/evaluate/slice-scores.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readTable } from "../storage/tables.ts";

interface SlicesTask {
  dataset: Pick<Dataset, "columns" | "classes">;
  samples: Pick<Samples, "columns">;
  /** Of an evaluation. */
  predictions: ArtifactRef;
  /** Columns whose slices are scored; undefined = all. */
  slices: readonly string[] | undefined;
}

/** How well the test rows with each value of the user's columns were answered. */
export async function slicesOf(
  { dataset, samples, predictions, slices }: SlicesTask,
  artifacts: ArtifactStore,
): Promise<SliceScore[]> {
  const columns = dataset.columns.filter(({ name }) => slices?.includes(name) ?? true);
  if (columns.length === 0) return [];
  const answers = await readTable(await artifacts.localPath(predictions), ["row", "truth", "predicted"]);
  const numbers = (name: string) => Int32Array.from((answers[name] ?? []) as number[]);
  const rows = [...numbers("row")];
  return sliceScores({
    truths: numbers("truth"),
    predictions: numbers("predicted"),
    classCount: dataset.classes.length,
    columns: Object.fromEntries(columns.map(({ name }) => [name, rows.map((row) => samples.columns[name]?.[row] ?? null)])),
  });
}

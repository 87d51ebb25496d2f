import type { CrossValidation } from "../../ml/evaluate/schema.ts";
import { count, dash, decimal } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

const words: Record<CrossValidation["metrics"][number]["name"], string> = {
  accuracy: "accuracy",
  balancedAccuracy: "balanced accuracy",
  macroF1: "macro F1",
  auc: "AUC",
  averagePrecision: "average precision",
  loss: "loss",
};

/** How much the figures vary with what was trained on: each fold, mean ± standard deviation, and all out-of-fold answers together. */
export function crossValidationSection({ folds, metrics }: CrossValidation): Html {
  const pooledText = ({ pooled, interval }: CrossValidation["metrics"][number]) => {
    if (pooled === null) return dash;
    return `${decimal(pooled)}${interval ? ` (${decimal(interval[0])}–${decimal(interval[1])})` : ""}`;
  };
  return html`${table({
      columns: ["metric", ...folds.map((_, i) => `fold ${i + 1}`), "mean ± sd", "pooled (95 %)"],
      rows: metrics.map((metric) => [
        words[metric.name],
        ...folds.map((fold) => decimal(fold[metric.name])),
        metric.mean === null ? dash : `${decimal(metric.mean)} ± ${decimal(metric.sd)}`,
        pooledText(metric),
      ]),
    })}
    <p class="note">
      ${count(folds.length)} models besides this one, each tested on a fold of ${folds.map(({ rows }) => count(rows)).join(", ")}
      images that it was not trained on; none saw the test part. Pooled: all their answers measured together. The standard
      deviation is that between folds; the folds share most of what they are trained on, so it is no error bar of the mean. The
      model of this run was trained on all of train and is the only one registered.
    </p>`;
}

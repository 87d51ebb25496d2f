import type { History } from "../../ml/train/schema.ts";
import { collapsedSince, collapseWarning } from "../../ml/train/collapse.ts";
import { lineChart } from "../charts/line-chart.ts";
import { compact, count, decimal, percent, percentCompact } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";

/** Loss and accuracy by epoch, training against validation. */
export function learningCurves(history: History): Html {
  const { epochs, bestEpoch, stoppedEarly, trainEval } = history;
  const hasValidation = epochs.some(({ validation }) => validation !== null);
  const curve = (metric: "loss" | "accuracy") => {
    const validation = epochs.flatMap((record) =>
      record.validation ? [[record.epoch, record.validation[metric]] as const] : [],
    );
    const training = { name: "train", points: epochs.map((record) => [record.epoch, record.train[metric]] as const) };
    return hasValidation ? [training, { name: "validation", points: validation }] : [training];
  };
  const x = { label: "epoch", format: count, tickCount: Math.min(8, epochs.length) };
  const marker = hasValidation && epochs.length > 1 ? { marker: { x: bestEpoch, label: `kept: ${bestEpoch}` } } : {};
  const since = collapsedSince(epochs);
  return html`${since !== null && html`<p><span class="badge warn">warning</span> ${collapseWarning(since)}.</p>`}
    <div class="charts">
      ${lineChart({
        id: "loss-curve",
        title: "Loss",
        description: `Loss by epoch; the weights of epoch ${bestEpoch} were kept.`,
        x,
        y: { label: "loss", format: compact },
        series: curve("loss"),
        ...marker,
      })}
      ${lineChart({
        id: "accuracy-curve",
        title: "Accuracy",
        description: `Accuracy by epoch; the weights of epoch ${bestEpoch} were kept.`,
        x,
        y: { label: "accuracy", format: percentCompact, limits: [0, 1] },
        series: curve("accuracy"),
        ...marker,
      })}
    </div>
    <p class="note">
      ${epochs.length === 1 ? "One epoch" : `${count(epochs.length)} epochs`}${stoppedEarly && ", stopped early"}. Training values
      are running means over the epoch, with dropout and augmentation where the model has them.
      ${
        hasValidation
          ? "Validation is measured after the epoch without either, and its loss is not weighted."
          : "There is no validation part, so nothing was chosen: the last epoch's weights were kept."
      }
      With the kept weights the training part has loss ${decimal(trainEval.loss, 4)} and accuracy ${percent(trainEval.accuracy)}.
    </p>`;
}

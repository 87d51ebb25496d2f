import type { Evaluation } from "../../ml/evaluate/schema.ts";
import { count, dash, decimal, percent, percentRange } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { facts } from "../table.ts";

/** The first thing to know: how right the model is, and whether that is more than guessing the most common class. */
export function verdict(evaluation: Evaluation): Html {
  const { accuracy, majorityBaseline, intervals } = evaluation;
  const gain = 100 * (accuracy - majorityBaseline);
  const [low, high] = intervals["accuracy"] ?? [accuracy, accuracy];
  const { tone, words } = comparison(low, high, majorityBaseline);
  return html`<div class="verdict ${tone}">
      <strong>${percent(accuracy)} of ${count(evaluation.rowCount)} test images are answered right: ${words}.</strong>
      Always answering the largest class would score ${percent(majorityBaseline)}; the model is ${Math.abs(gain).toFixed(1)}
      points ${gain >= 0 ? "above" : "below"}. ${intervalWords(evaluation)}
    </div>
    ${headline(evaluation)}`;
}

function comparison(low: number, high: number, baseline: number): { tone: string; words: string } {
  if (low > baseline) return { tone: "good", words: "better than the majority baseline" };
  if (high < baseline) return { tone: "bad", words: "worse than the majority baseline" };
  return { tone: "warn", words: "not distinguishable from the majority baseline" };
}

function intervalWords({ bootstrap, intervals }: Evaluation): string {
  const range = percentRange(intervals["accuracy"]);
  if (range === "") return "No intervals were drawn.";
  const units = bootstrap.grouped ? "groups" : "images";
  return `95 % interval of accuracy ${range}, from ${count(bootstrap.draws)} bootstrap draws of ${count(bootstrap.units)} ${units}, stratified by class.`;
}

function headline(evaluation: Evaluation): Html {
  const { intervals, classesWithoutSamples, threshold } = evaluation;
  const measured = (name: string, text: string) => html`${text}<small>${percentOrBlank(intervals[name])}</small>`;
  const isBinary = evaluation.classes.length === 2;
  return html`${facts([
    ["Accuracy", measured("accuracy", percent(evaluation.accuracy))],
    ["Balanced accuracy", measured("balancedAccuracy", percent(evaluation.balancedAccuracy))],
    ["Macro F1", measured("macroF1", decimal(evaluation.macroF1))],
    [isBinary ? `AUC of ${evaluation.classes[1] ?? ""}` : "AUC, macro one-vs-rest", measured("auc", decimal(evaluation.auc, 4))],
    ["Average precision", decimal(evaluation.averagePrecision, 4)],
    ["Loss", decimal(evaluation.loss, 4)],
    ["Majority baseline", percent(evaluation.majorityBaseline)],
    ["Calibration error", percent(evaluation.calibration.ece)],
    ...(threshold === null ? [] : [[`Threshold for ${evaluation.classes[1] ?? ""}`, decimal(threshold)] as const]),
  ])}
  ${
    classesWithoutSamples > 0 &&
    html`<p class="note">
      ${count(classesWithoutSamples)} of ${count(evaluation.classes.length)} classes have no test samples: shown as ${dash}, left
      out of macro means.
    </p>`
  }`;
}

function percentOrBlank(interval: readonly [number, number] | null | undefined): string {
  return interval ? `95 %: ${decimal(interval[0])}–${decimal(interval[1])}` : "";
}

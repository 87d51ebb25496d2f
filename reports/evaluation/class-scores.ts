import type { ClassScore, Evaluation } from "../../ml/evaluate/schema.ts";
import { barChart } from "../charts/bar-chart.ts";
import { count, decimal, percent, percentCompact, percentRange } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

/** Scores by class, the worst first; classes without samples last. */
export function classScores(evaluation: Evaluation): Html {
  const scores = [...evaluation.perClass].sort(byError);
  const isBinary = evaluation.classes.length === 2;
  return html`${barChart({
    id: "class-errors",
    title: "Error by class, worst first",
    description: "Share of each class' test images answered otherwise, with 95 % bootstrap intervals.",
    x: { label: "error", format: percentCompact, tickCount: 4 },
    series: ["error"],
    labelTitle: "class",
    bars: scores.map((score) => ({
      label: score.class,
      values: [score.error],
      interval: score.errorInterval,
      note: `${percent(score.error)}, n ${count(score.support)}`,
    })),
  })}
  ${table({
    columns: ["class", "n", "error", "95 % interval", "precision", "recall", "F1", "specificity", "NPV", "AUC", "avg. precision"],
    rows: scores.map((score) => [
      score.class,
      count(score.support),
      percent(score.error),
      percentRange(score.errorInterval) || "–",
      decimal(score.precision),
      decimal(score.recall),
      decimal(score.f1),
      decimal(score.specificity),
      decimal(score.negativePredictiveValue),
      decimal(score.auc, 4),
      decimal(score.averagePrecision),
    ]),
  })}
  ${isBinary && binaryWords(evaluation)}`;
}

/** In the words of two-class diagnosis, where class 1 is what is looked for. */
function binaryWords({ perClass, classes, threshold }: Evaluation): Html | null {
  const positive = perClass[1];
  if (!positive) return null;
  return html`<p class="note">
    For “${classes[1]}” from probability ${decimal(threshold)} on: sensitivity ${percent(positive.recall)}, specificity
    ${percent(positive.specificity)}, PPV ${percent(positive.precision)}, NPV ${percent(positive.negativePredictiveValue)}. PPV
    and NPV hold for the class shares of this test part only.
  </p>`;
}

function byError(a: ClassScore, b: ClassScore): number {
  return (b.error ?? -1) - (a.error ?? -1) || b.support - a.support;
}

import { bisector } from "d3-array";

import type { Evaluation } from "../../ml/evaluate/schema.ts";
import { lineChart } from "../charts/line-chart.ts";
import { decimal, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";

/** Lines that bear a name; the other classes are drawn thin. */
const namedLimit = 5;
const unitAxis = { domain: [0, 1], format: (value: number) => percent(value, 0), tickCount: 5 } as const;
const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

type Curve = Evaluation["curves"][number] & { auc: number | null; averagePrecision: number | null };

/** ROC and precision-recall curves, one class against the rest. With two classes, those of the positive one. */
export function rankingCurves(evaluation: Evaluation): Html {
  const all = evaluation.curves.map((curve, code) => ({ ...curve, ...pickAreas(evaluation, code) }));
  const curves = (evaluation.classes.length === 2 ? all.slice(1) : all).filter(({ roc }) => roc.length > 0);
  if (curves.length === 0) return html`<p>No curves: there is no class with samples of its own and of others.</p>`;
  const isCut = curves.length > namedLimit;
  return html`<div class="charts">
      ${lineChart({
        id: "roc-curve",
        title: "ROC",
        description: "True positive rate by false positive rate for each class against the rest; the diagonal is chance.",
        x: { ...unitAxis, label: "false positive rate" },
        y: { ...unitAxis, label: "true positive rate" },
        series: series(curves, "auc", ({ roc }) => roc, "AUC"),
        hasDiagonal: true,
        hasDots: false,
        data: {
          columns: ["class", "AUC", ...shares.map((share) => `TPR at ${percent(share, 0)} FPR`)],
          rows: curves.map((curve) => [
            curve.class,
            decimal(curve.auc, 4),
            ...shares.map((share) => decimal(valueAt(curve.roc, share))),
          ]),
        },
      })}
      ${lineChart({
        id: "pr-curve",
        title: "Precision and recall",
        description: "Precision by recall for each class against the rest.",
        x: { ...unitAxis, label: "recall" },
        y: { ...unitAxis, label: "precision" },
        series: series(curves, "averagePrecision", ({ pr }) => pr, "AP"),
        hasDots: false,
        data: {
          columns: [
            "class",
            "average precision",
            ...[0.5, 0.8, 0.9, 0.95, 0.99].map((share) => `at ${percent(share, 0)} recall`),
          ],
          rows: curves.map((curve) => [
            curve.class,
            decimal(curve.averagePrecision),
            ...[0.5, 0.8, 0.9, 0.95, 0.99].map((share) => decimal(valueFrom(curve.pr, share))),
          ]),
        },
      })}
    </div>
    ${isCut && html`<p class="note">The ${namedLimit} classes with the smallest areas bear names, the other ${curves.length - namedLimit} are gray.</p>`}`;
}

function pickAreas({ perClass }: Evaluation, code: number): Pick<Curve, "auc" | "averagePrecision"> {
  return { auc: perClass[code]?.auc ?? null, averagePrecision: perClass[code]?.averagePrecision ?? null };
}

function series(
  curves: readonly Curve[],
  area: "auc" | "averagePrecision",
  points: (curve: Curve) => [number, number][],
  word: string,
) {
  return [...curves]
    .sort((a, b) => (a[area] ?? 2) - (b[area] ?? 2))
    .map((curve, i) => ({
      name: `${curve.class}, ${word} ${decimal(curve[area], word === "AUC" ? 4 : 3)}`,
      points: points(curve),
      isMuted: i >= namedLimit,
    }));
}

const byX = bisector<readonly [number, number], number>(([x]) => x);

/** Height of a rising curve at x, between its points. */
function valueAt(points: readonly [number, number][], x: number): number | null {
  const after = byX.right(points, x);
  const [from, to] = [points[after - 1], points[after]];
  if (!from) return null;
  if (!to || to[0] === from[0]) return from[1];
  return from[1] + ((to[1] - from[1]) * (x - from[0])) / (to[0] - from[0]);
}

/** The first point that reaches x: precision where recall is at least so much. */
function valueFrom(points: readonly [number, number][], x: number): number | null {
  return points[byX.left(points, x)]?.[1] ?? null;
}

import type { CrossValidation, Evaluation } from "../ml/evaluate/schema.ts";
import type { SliceScore } from "../ml/evaluate/slice-scores.ts";
import type { NetworkSummary } from "../ml/model/summary.ts";
import type { Leaks } from "../ml/split/find-leaks.ts";
import type { History } from "../ml/train/schema.ts";
import type { DatasetFacts, Provenance } from "./evaluation/cards.ts";
import { dataCard, layerTable, reproduction } from "./evaluation/cards.ts";
import { calibration } from "./evaluation/calibration.ts";
import { classScores } from "./evaluation/class-scores.ts";
import { confusions } from "./evaluation/confusions.ts";
import { learningCurves } from "./evaluation/learning-curves.ts";
import { crossValidationSection } from "./evaluation/cross-validation.ts";
import type { Mistake } from "./evaluation/mistakes.ts";
import { worstMistakes } from "./evaluation/mistakes.ts";
import { rankingCurves } from "./evaluation/ranking-curves.ts";
import { sliceTable } from "./evaluation/slices.ts";
import { verdict } from "./evaluation/verdict.ts";
import { count, decimal, percent } from "./format.ts";
import type { Html, HtmlValue } from "./html.ts";
import { html } from "./html.ts";
import type { Section } from "./page.ts";
import { page } from "./page.ts";
import { table } from "./table.ts";

export interface EvaluationReport extends Provenance {
  /** Of the test part. */
  evaluation: Evaluation;
  /** Of the validation part; null where there is none. */
  validation: Evaluation | null;
  history: History | null;
  dataset: DatasetFacts;
  /** Groups and sets of identical images that stand in more than one part, and why that was accepted. */
  leaks: Leaks & { reasons: readonly string[] };
  mistakes: readonly Mistake[];
  /** By the user's columns; absent or empty where there are none. */
  slices?: readonly SliceScore[];
  modelSummary?: NetworkSummary;
  /** Absent where there were no folds. */
  crossValidation?: CrossValidation;
}

/** The evaluation of one run as a page: the verdict first, then what it rests on. */
export function evaluationReport(report: EvaluationReport): string {
  const { evaluation, history, modelSummary, slices = [] } = report;
  const sections: (Section | null)[] = [
    history && section("curves", "Training", learningCurves(history)),
    report.crossValidation ? section("folds", "Cross-validation", crossValidationSection(report.crossValidation)) : null,
    section("confusion", "Confusion", confusions(evaluation)),
    section("classes", "Classes", classScores(evaluation)),
    slices.length > 0 ? section("slices", "Slices", sliceTable(slices, evaluation.accuracy)) : null,
    section("ranking", "ROC and precision-recall", rankingCurves(evaluation)),
    section("mistakes", "Worst mistakes", worstMistakes(report.mistakes, evaluation)),
    section("calibration", "Calibration", calibration(evaluation)),
    report.validation && section("parts", "Test against validation", partComparison(evaluation, report.validation)),
    section("data", "Data", dataCard(report.dataset)),
    modelSummary ? section("model", "Model", layerTable(modelSummary)) : null,
    section("environment", "How to do it again", reproduction(report)),
  ];
  return page({
    title: `Evaluation of ${report.pipelineName}`,
    subtitle: html`Run <code>${report.runId}</code>, seed ${report.seed}, data
      <code>${report.dataset.sha256.slice(0, 12)}</code>`,
    summary: html`${leakBanner(report.leaks)}${verdict(evaluation)}`,
    sections: sections.filter((entry) => entry !== null),
    footer: html`Made by convoy for run ${report.runId}. This page needs no network and runs no script.`,
  });
}

/** Said before the verdict, because it takes the verdict's worth. */
function leakBanner({ groups, exactDuplicates, reasons }: EvaluationReport["leaks"]): Html | null {
  if (groups + exactDuplicates === 0) return null;
  const why = reasons.length === 0 ? "" : ` Accepted because: ${reasons.join("; ")}.`;
  return html`<div class="verdict bad">
    <strong>Leaky split: these figures are too good.</strong> ${count(groups)} groups and ${count(exactDuplicates)} sets of
    identical images stand in more than one part, so that what is tested on was partly trained on.${why}
  </div>`;
}

function section(id: string, title: string, body: HtmlValue): Section {
  return { id, title, body };
}

function partComparison(test: Evaluation, validation: Evaluation): Html {
  const row = (name: string, of: (part: Evaluation) => string) => [name, of(test), of(validation)];
  return html`${table({
      columns: ["measure", "test", "validation"],
      rows: [
        row("images", (part) => String(part.rowCount)),
        row("loss", (part) => decimal(part.loss, 4)),
        row("accuracy", (part) => percent(part.accuracy, 2)),
        row("balanced accuracy", (part) => percent(part.balancedAccuracy, 2)),
        row("macro F1", (part) => decimal(part.macroF1, 4)),
        row("AUC", (part) => decimal(part.auc, 4)),
        row("calibration error", (part) => percent(part.calibration.ece, 2)),
      ],
    })}
    <p class="note">
      Epochs and thresholds are chosen on validation, which therefore flatters; the test part is for the verdict only.
    </p>`;
}

import type { Evaluation } from "../ml/evaluate/schema.ts";
import type { SliceScore } from "../ml/evaluate/slice-scores.ts";
import type { NetworkSummary } from "../ml/model/summary.ts";
import type { History } from "../ml/train/schema.ts";
import type { DatasetFacts, Provenance } from "./evaluation/cards.ts";
import { correctionText } from "./evaluation/calibration.ts";
import { correctionsText, usesText } from "./evaluation/cards.ts";
import { count, dash, decimal, percent, percentRange } from "./format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { markdownTable, markdownText } from "./markdown.ts";
import { page } from "./page.ts";
import { facts, table } from "./table.ts";

export interface ModelCard extends Provenance {
  /** Name of the registered model. */
  name: string;
  /** Absent where the card is written before a number is taken. */
  version?: number;
  evaluation: Evaluation;
  history: History | null;
  dataset: DatasetFacts;
  modelSummary?: NetworkSummary;
  /** By the values of the user's columns, the worst first; empty where there are none. */
  slices: readonly SliceScore[];
  /** sha256 of everything the model was made from, by its name. */
  lineage: Readonly<Record<string, string>>;
  /** Settings worth knowing, e.g. optimizer and batch size. */
  training: Readonly<Record<string, string>>;
  /** What it is for, in its makers' words. */
  intendedUse?: string;
}

/** One chapter of a card: written as Markdown and as HTML from the same values. */
interface Chapter {
  title: string;
  facts: readonly (readonly [string, string])[];
  table?: { columns: readonly string[]; rows: readonly (readonly string[])[] };
  notes: readonly string[];
}

/**
 * What one should know of a model before using it: use and limits, data, scores with intervals, by class, training, origin.
 * @see Mitchell et al. 2019, "Model Cards for Model Reporting"
 */
export function modelCard(card: ModelCard): { markdown: string; html: string } {
  const title = `Model card: ${card.name}${card.version === undefined ? "" : `, version ${card.version}`}`;
  const all = [use, scores, classes, slices, data, training, architecture, origin, lineage];
  const chapters = all.map((chapter) => chapter(card)).filter((chapter) => chapter !== null);
  return { markdown: toMarkdown(title, chapters), html: toHtml(title, card, chapters) };
}

function use({ intendedUse, dataset, evaluation }: ModelCard): Chapter {
  return {
    title: "Use and limits",
    facts: [],
    notes: [
      intendedUse ?? "Its makers have not said what it is for.",
      `It answers one of ${evaluation.classes.length} classes for any image whatsoever: an image of something else is given one of them all the same.`,
      `Scores hold for images like those of ${dataset.name}; another camera, place or population has to be measured anew.`,
      `Licence of the data: ${dataset.licence ?? "not stated"}; it may restrict what the model may be used for.`,
      ...(evaluation.threshold === null
        ? []
        : [`It answers “${evaluation.classes[1] ?? ""}” from probability ${decimal(evaluation.threshold)} on.`]),
    ],
  };
}

function scores({ evaluation }: ModelCard): Chapter {
  const { intervals, bootstrap, calibration } = evaluation;
  const row = (name: string, key: string, value: string) => [name, value, percentRange(intervals[key]) || dash];
  return {
    title: "Scores on the test part",
    facts: [],
    table: {
      columns: ["measure", "value", "95 % interval"],
      rows: [
        row("accuracy", "accuracy", percent(evaluation.accuracy)),
        row("balanced accuracy", "balancedAccuracy", percent(evaluation.balancedAccuracy)),
        row("macro F1", "macroF1", percent(evaluation.macroF1)),
        row("AUC", "auc", percent(evaluation.auc)),
        row("majority baseline", "", percent(evaluation.majorityBaseline)),
        row("expected calibration error", "", percent(calibration.ece)),
      ],
    },
    notes: [
      `${count(evaluation.rowCount)} test images. Intervals: ${count(bootstrap.draws)} bootstrap draws of ${bootstrap.grouped ? "groups" : "images"}, stratified by class.`,
      evaluation.corrected
        ? `${correctionText(evaluation.corrected.by, evaluation.classes)} Expected calibration error before: ${percent(evaluation.corrected.before.ece)}.`
        : "Probabilities are those of the training data's class shares; where classes are weighted in training they are not prevalences.",
    ],
  };
}

function classes({ evaluation }: ModelCard): Chapter {
  const perClass = [...evaluation.perClass].sort((a, b) => (b.error ?? -1) - (a.error ?? -1) || b.support - a.support);
  return {
    title: "By class, worst first",
    facts: [],
    table: {
      columns: ["class", "n", "error", "95 % interval", "precision", "recall", "F1", "AUC"],
      rows: perClass.map((score) => [
        score.class,
        count(score.support),
        percent(score.error),
        percentRange(score.errorInterval) || dash,
        decimal(score.precision),
        decimal(score.recall),
        decimal(score.f1),
        decimal(score.auc),
      ]),
    },
    notes: [],
  };
}

function slices({ slices: scored, evaluation }: ModelCard): Chapter | null {
  if (scored.length === 0) return null;
  return {
    title: "By group of images, worst first",
    facts: [],
    table: {
      columns: ["column", "value", "n", "accuracy", "95 % interval", "verdict"],
      rows: scored.map((slice) => [
        slice.column,
        slice.value === "" ? "(empty)" : slice.value,
        count(slice.rows),
        percent(slice.accuracy),
        percentRange(slice.interval),
        slice.isWorse ? "worse than the whole" : "as the whole",
      ]),
    },
    notes: [
      `The whole: ${percent(evaluation.accuracy)}. Wilson intervals, rows taken as independent; groups of fewer than 20 images are left out. Among many groups one in forty looks worse by chance alone.`,
    ],
  };
}

function data({ dataset }: ModelCard): Chapter {
  const { splitSizes } = dataset;
  return {
    title: "Data",
    facts: [
      ["Data set", dataset.name],
      ["Images", count(dataset.rows)],
      ["Train", count(splitSizes.train)],
      ["Validation", count(splitSizes.validation)],
      ["Test", count(splitSizes.test)],
      ...(dataset.testSet
        ? [["Test part used", usesText(dataset.testSet.uses)] as const, ["Test part", dataset.testSet.sha256] as const]
        : []),
      ...(dataset.corrections ? [["Corrections", correctionsText(dataset.corrections)] as const] : []),
      ...(dataset.shape ? [["Shape", dataset.shape] as const] : []),
      ["Licence", dataset.licence ?? "not stated"],
      ["sha256", dataset.sha256],
    ],
    notes: [],
  };
}

function training({ history, training: settings, seed }: ModelCard): Chapter {
  const epochs = history
    ? ([
        ["Epochs", `${history.epochs.length}${history.stoppedEarly ? ", stopped early" : ""}`],
        ["Weights of epoch", String(history.bestEpoch)],
        ["Training accuracy", percent(history.trainEval.accuracy)],
      ] as const)
    : [];
  return { title: "Training", facts: [...Object.entries(settings), ...epochs, ["Seed", String(seed)]], notes: [] };
}

function architecture({ modelSummary }: ModelCard): Chapter | null {
  if (!modelSummary) return null;
  return {
    title: "Layers",
    facts: [],
    table: {
      columns: ["layer", "type", "output shape", "parameters"],
      rows: modelSummary.layers.map((layer) => [
        layer.name,
        layer.type,
        layer.outputShape.join(" × ") || dash,
        count(layer.parameterCount),
      ]),
    },
    notes: [`${count(modelSummary.parameterCount)} parameters, ${count(modelSummary.trainableCount)} of them trainable.`],
  };
}

function origin({ runId, pipelineName, environment }: ModelCard): Chapter {
  return {
    title: "Origin",
    facts: [["Run", runId], ["Pipeline", pipelineName], ...Object.entries(environment)],
    notes: ["The run's record holds the whole pipeline, the data by hash, the seed and the code."],
  };
}

function lineage({ lineage: made }: ModelCard): Chapter {
  return {
    title: "Made from",
    facts: Object.entries(made),
    notes: ["sha256 of each. Which models came from some image, group or data set: convoy models list --data WHAT."],
  };
}

function toMarkdown(title: string, chapters: readonly Chapter[]): string {
  const parts = chapters.flatMap((chapter) => [
    `## ${markdownText(chapter.title)}`,
    ...(chapter.facts.length > 0
      ? [chapter.facts.map(([name, value]) => `- ${markdownText(name)}: ${markdownText(value)}`).join("\n")]
      : []),
    ...(chapter.table ? [markdownTable(chapter.table)] : []),
    ...chapter.notes.map(markdownText),
  ]);
  return `${[`# ${markdownText(title)}`, ...parts].join("\n\n")}\n`;
}

function toHtml(title: string, { runId, dataset, seed }: ModelCard, chapters: readonly Chapter[]): string {
  const [first, ...rest] = chapters;
  return page({
    title,
    subtitle: html`Run <code>${runId}</code>, seed ${seed}, data <code>${dataset.sha256.slice(0, 12)}</code>`,
    summary: first && chapterBody(first),
    sections: rest.map((chapter, i) => ({ id: `chapter-${i + 1}`, title: chapter.title, body: chapterBody(chapter) })),
    footer: "Made by convoy. This page needs no network and runs no script.",
  });
}

function chapterBody(chapter: Chapter): Html {
  return html`${chapter.facts.length > 0 && facts(chapter.facts)}${chapter.table && table(chapter.table)}
  ${chapter.notes.map((note) => html`<p>${note}</p>`)}`;
}

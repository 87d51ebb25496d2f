import { createHash } from "node:crypto";
import { expect, test } from "vitest";

import { evaluationReport } from "../../reports/evaluation-report.ts";
import { sampleReport } from "./sample-evaluation.ts";

const digits = Array.from("0123456789");
const hostile = [`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `a\nb & 'c'`];

function count(page: string, part: string | RegExp): number {
  return page.split(part).length - 1;
}

test("says first how right the model is, and against what", () => {
  const page = evaluationReport(sampleReport(digits));

  expect(page).toMatch(/<strong>\d+\.\d % of 300 test images are answered right: better than the majority baseline\.<\/strong>/);
  expect(page.indexOf("majority baseline")).toBeLessThan(page.indexOf("<section"));
});

test("says before the verdict that parts leak, and why that was accepted", () => {
  const leaks = { groups: 459, exactDuplicates: 11, reasons: ["given <folders>"] };
  const page = evaluationReport(sampleReport(digits, { leaks }));

  expect(page).toContain("Leaky split: these figures are too good.");
  expect(page).toMatch(/459\s+groups\s+and\s+11\s+sets\s+of\s+identical\s+images/);
  expect(page).toContain("Accepted because: given &lt;folders&gt;.");
  expect(page.indexOf("Leaky split")).toBeLessThan(page.indexOf("are answered right"));
  expect(evaluationReport(sampleReport(digits))).not.toContain("Leaky");
});

test("has its sections in the order of what matters", () => {
  const page = evaluationReport(sampleReport(digits));

  const ids = [...page.matchAll(/<section aria-labelledby="([^"]+)"/g)].map(([, id]) => id);
  expect(ids).toEqual([
    "curves",
    "confusion",
    "classes",
    "slices",
    "ranking",
    "mistakes",
    "calibration",
    "parts",
    "data",
    "model",
    "environment",
  ]);
});

test("shows every count of the confusion matrix in a cell, rows being truths", () => {
  const report = sampleReport(["cat", "dog", "eel"]);

  const page = evaluationReport(report);

  for (const [truth, row] of report.evaluation.confusion.entries()) {
    for (const [predicted, value] of row.entries()) {
      const classes = report.evaluation.classes;
      expect(page).toContain(`true ${classes[truth]}, predicted ${classes[predicted]}: ${value} (`);
    }
  }
});

test("is one file that fetches nothing: no script, no style attribute, no address, its one style sheet known by hash", () => {
  const page = evaluationReport(sampleReport(digits));

  const style = /<style>(.*?)<\/style>/s.exec(page)![1]!;
  const hash = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; img-src data:`);
  expect(page).not.toMatch(/<script|\sstyle=|\son\w+=|https?:\/\//);
  expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, value]) => value!.replace(/[,#].*/, ""))).toSatisfy(
    (values: string[]) => values.every((value) => ["", "data:", "data:image/png;base64"].includes(value)),
  );
});

test("gives each chart a title, a description and its numbers as a table", () => {
  const page = evaluationReport(sampleReport(digits));

  const charts = count(page, /<svg[^>]*role="img"/);
  expect(charts).toBe(7);
  expect(count(page, "<desc ")).toBe(charts);
  expect(count(page, "<summary>Data</summary>")).toBe(charts);
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("shows what probabilities were worth before they were corrected, and how they were", () => {
  const { evaluation } = sampleReport(digits);
  const before = { ...evaluation.calibration, ece: 0.1234, nll: 0.5678, brier: 0.4321 };
  const offsets = digits.map((_, code) => code - 1);
  const by = { method: "prior" as const, temperature: 1, offsets };

  const page = evaluationReport(sampleReport(digits, { evaluation: { ...evaluation, corrected: { by, before } } }));

  expect(page).toContain("Before the correction");
  expect(page).toContain("12.34 %");
  expect(page).toContain(`${digits[0]} −1.00, ${digits[1]} +0.00`);
  expect(page).not.toContain("probabilities are not prevalences");
});

test("escapes whatever comes from data", () => {
  const page = evaluationReport(
    sampleReport(hostile, { pipelineName: hostile[1]!, environment: { [hostile[0]!]: hostile[1]! }, runId: hostile[0]! }),
  );

  expect(page).not.toMatch(/<script|<img src=x/);
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("shows the worst 25 of more classes, and small pages for many", () => {
  const page = evaluationReport(sampleReport(Array.from({ length: 60 }, (_, code) => `class ${code}`)));

  expect(page).toContain("Confusion matrix of the 25 classes with most mistakes");
  expect(count(page, 'class="cell ')).toBe(625);
  expect(page.length).toBeLessThan(1_000_000);
});

test("says what probabilities of several classes are made of", () => {
  expect(evaluationReport(sampleReport(["a", "b", "c"]))).toContain("softmax over logits, under a head of sigmoid units too");
  expect(evaluationReport(sampleReport(["a", "b"]))).not.toContain("softmax over logits");
});

test("warns of a network that answers with one class, beside its curves", () => {
  const report = sampleReport(["a", "b"]);
  const epochs = [1, 2, 3].map((epoch) => ({
    epoch,
    train: { loss: 0.7, accuracy: 0.5 },
    validation: { loss: 0.7, accuracy: 0.5, balancedAccuracy: 0.5, auc: 0.5 },
    learningRate: 1,
    ...(epoch > 1 ? { oneClass: true as const } : {}),
  }));

  expect(evaluationReport({ ...report, history: { ...report.history!, epochs } })).toContain(
    "collapsed: since epoch 2 all validation images",
  );
  expect(evaluationReport(report)).not.toContain("collapsed:");
});

test("goes without validation, history, mistakes, intervals and model where there are none", () => {
  const {
    modelSummary: _summary,
    slices: _slices,
    ...report
  } = sampleReport(["cat", "dog"], {
    validation: null,
    history: null,
    mistakes: [],
    environment: {},
  });
  const evaluation = { ...report.evaluation, intervals: { accuracy: null } };

  const page = evaluationReport({ ...report, evaluation });

  expect(page).toContain("No intervals were drawn.");
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  expect(page).toContain("sensitivity");
});

test("gives equal bytes for equal reports", () => {
  expect(evaluationReport(sampleReport(digits))).toBe(evaluationReport(sampleReport(digits)));
});

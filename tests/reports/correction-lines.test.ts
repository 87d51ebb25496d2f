import { expect, test } from "vitest";

import { readCorrections } from "../../ml/ingest/corrections.ts";
import { parseTextTable } from "../../storage/text-table.ts";
import { correctionLines } from "../../reports/correction-lines.ts";
import { worstMistakes } from "../../reports/evaluation/mistakes.ts";
import { sampleEvaluation } from "./sample-evaluation.ts";

/** What a person would copy out of the page. */
function pasted(markup: string) {
  const [, escaped = ""] = /<pre class="code">([^]*?)<\/pre>/.exec(markup) ?? [];
  const text = escaped.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return parseTextTable(Buffer.from(text), "fixes.csv");
}

test("lines copied from a page are read as corrections, whatever stands in a name", () => {
  const lines = [
    { image: 'a "b", c.jpg', action: "exclude", reason: "dark" },
    { image: "<script>&.jpg", action: "relabel", label: "dogs, small", reason: "is a dog" },
    { image: " cats /1.jpg", action: "relabel", label: "dogs ", reason: "is a dog" },
  ] as const;

  const markup = String(correctionLines(lines));

  expect(markup).not.toContain("<script>");
  expect(readCorrections(pasted(markup), "pasted")).toEqual([
    { image: 'a "b", c.jpg', action: "exclude", label: null, reason: "dark" },
    { image: "<script>&.jpg", action: "relabel", label: "dogs, small", reason: "is a dog" },
    { image: " cats /1.jpg", action: "relabel", label: "dogs ", reason: "is a dog" },
  ]);
});

test("the worst mistakes offer to take the answer for the label, and leave the reason to be written", () => {
  const mistake = { dataUri: "", width: 1, height: 1, truth: 0, predicted: 1, probability: 0.99, id: "cats/7.jpg" };

  const columns = pasted(String(worstMistakes([mistake], sampleEvaluation(["cats", "dogs"]))));

  expect(columns).toMatchObject({ image: ["cats/7.jpg"], action: ["relabel"], reason: [""] });
  expect(() => readCorrections(columns, "pasted")).toThrow(/says no reason/);
});

test("nothing is offered where nothing is shown", () => {
  expect(correctionLines([])).toBeNull();
});

test("beside a mistake stands where the model saw it, where there is a map", () => {
  const mistake = { dataUri: "data:,a", width: 1, height: 1, truth: 0, predicted: 1, probability: 0.99, id: "cats/7.jpg" };
  const shown = (heat?: string) =>
    String(worstMistakes([{ ...mistake, ...(heat ? { heat } : {}) }], sampleEvaluation(["cats", "dogs"])));

  expect(shown("data:,b")).toMatch(/src="data:,a"[^]*src="data:,b"/);
  expect(shown("data:,b")).toContain("Grad-CAM");
  expect(shown()).not.toContain("Grad-CAM");
});

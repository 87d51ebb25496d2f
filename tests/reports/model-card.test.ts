import { expect, test } from "vitest";

import { markdownText } from "../../reports/markdown.ts";
import { modelCard } from "../../reports/model-card.ts";
import { sampleModelCard } from "./sample-model-card.ts";

test("says the same in Markdown and in HTML", () => {
  const { markdown, html } = modelCard(sampleModelCard(["cat", "dog", "eel"]));

  const titles = [...markdown.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  expect(titles).toEqual([
    "Use and limits",
    "Scores on the test part",
    "By class, worst first",
    "By group of images, worst first",
    "Data",
    "Training",
    "Layers",
    "Origin",
    "Made from",
  ]);
  for (const title of titles.slice(1)) expect(html).toContain(`>${title}</h2>`);
  expect(markdown).toMatch(/^# Model card: digits, version 3$/m);
  expect(markdown).toContain("- Seed: 1");
  expect(html).not.toMatch(/NaN|undefined|\[object/);
  expect(markdown).not.toMatch(/NaN|undefined|\[object/);
});

test("gives each class a line, the worst first", () => {
  const card = sampleModelCard(["cat", "dog", "eel"]);
  const worst = card.evaluation.perClass.toSorted((a, b) => b.error! - a.error!)[0]!;

  const { markdown } = modelCard(card);

  const table = markdown.slice(markdown.indexOf("## By class")).split("\n");
  expect(table[4]).toMatch(new RegExp(`^\\| ${worst.class} \\| 100 \\| `));
});

test("says for which groups of images it is worse, and what it was made from", () => {
  const { markdown, html } = modelCard(sampleModelCard(["cat", "dog", "eel"]));

  expect(markdown).toMatch(/^\| site \| \\<b\\>north\\<\/b\\> \| 40 \| 70.* \| worse than the whole \|$/m);
  expect(markdown).toContain(`- weights: ${"e".repeat(64)}`);
  expect(html).toContain("&lt;b&gt;north&lt;/b&gt;");
  expect(modelCard(sampleModelCard(["cat", "dog"], { slices: [] })).markdown).not.toContain("By group of images");
});

test("shows hostile names and nothing else of them", () => {
  const { markdown, html } = modelCard(
    sampleModelCard(["<img src=x>", "a | b\n# c", "[x](javascript:alert(1))"], { intendedUse: "- *x*", name: "<b>" }),
  );

  expect(markdown).toContain("\\<img src=x\\>");
  expect(markdown).toContain("a \\| b \\# c");
  expect(markdown).toContain("\\[x\\](javascript:alert(1))");
  expect(html).not.toMatch(/<img src=x|<b>/);
});

test.each([
  ["- item", "\\- item"],
  ["1. item", "\\1. item"],
  ["a_b*c`d`", "a\\_b\\*c\\`d\\`"],
  ["plain words, 3.5 %", "plain words, 3.5 %"],
])("writes %s so that it is read as it is", (text, expected) => {
  expect(markdownText(text)).toBe(expected);
});

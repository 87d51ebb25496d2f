import { expect, test } from "vitest";

import { sampleEdaReport } from "./sample-exploration.ts";

const page = sampleEdaReport(["cat", "dog", "<script>alert(1)</script>"]);

test("says first what to worry about, each with a link to where it is shown", () => {
  const alerts = page.slice(page.indexOf('class="alerts"'), page.indexOf("<section"));
  const targets = [...alerts.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);

  expect(targets.length).toBeGreaterThan(2);
  for (const id of targets) expect(page).toContain(`<h2 id="${id}">`);
});

test("has its sections in the order of what matters, every id once", () => {
  const sections = [...page.matchAll(/<section aria-labelledby="([^"]+)"/g)].map(([, id]) => id);
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);

  expect(sections).toEqual([
    "balance",
    "samples",
    "class-images",
    "images",
    "map",
    "extremes",
    "columns",
    "duplicates",
    "label-noise",
    "drift",
    "checks",
    "augmentation",
    "reproduction",
  ]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("shows classes by column, words as shares and numbers as means", () => {
  expect(page).toContain("Classes by sex (Cramér&#39;s V");
  expect(page).toContain("Mean age by class (eta² ");
  expect(page).toContain("“unknown”");
});

test("shows first what rules found, with the rules that pass folded away", () => {
  const checks = page.slice(page.indexOf('<h2 id="checks">'), page.indexOf('<h2 id="augmentation">'));

  expect(checks.indexOf("one image is dark")).toBeLessThan(checks.indexOf("1 rule passes"));
  expect(checks).toMatch(/<details>\s*<summary>1 rule passes<\/summary>[\s\S]*the smallest class has 20 rows[\s\S]*<\/details>/);
});

test("shows how large the files were, the commonest sizes first", () => {
  expect(page).toContain("Sizes of the files");
  expect(page).toMatch(/400 × 600[\s\S]*The commonest of 12 sizes/);
});

test("escapes class, column and file names, and has no script, style attribute or address", () => {
  expect(page).not.toMatch(/<script|<signs>|\sstyle=|\son\w+=|https?:\/\//);
  expect(page).toContain("a column with a long name &amp; &lt;signs&gt;");
  expect(page).not.toMatch(/NaN|undefined|\[object/);
});

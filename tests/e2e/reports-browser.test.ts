import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { evaluationReport } from "../../reports/evaluation-report.ts";
import { modelCard } from "../../reports/model-card.ts";
import { sampleEdaReport } from "../reports/sample-exploration.ts";
import { sampleReport } from "../reports/sample-evaluation.ts";
import { sampleModelCard } from "../reports/sample-model-card.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const skipped = executablePath === undefined;
const classes = ["cat", "dog", "a class with quite a long name, <b>indeed</b>", "eel"];

const pages: Record<string, () => string> = {
  evaluation: () => evaluationReport(sampleReport(classes)),
  exploration: () => sampleEdaReport(classes),
  "model card": () => modelCard(sampleModelCard(classes)).html,
};

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-browser-"));
  if (executablePath === undefined) return;
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});

afterAll(async () => {
  if (!skipped) await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page as a file and lists whatever it complains of or asks for. */
async function openPage(name: string, width: number, colorScheme: "light" | "dark") {
  const path = join(folder, `${name.replaceAll(" ", "-")}.html`);
  await writeFile(path, pages[name]!());
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(data|file):/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
  return { page, complaints };
}

const views = Object.keys(pages).flatMap((name) =>
  ([360, 1280] as const).flatMap((width) => (["light", "dark"] as const).map((scheme) => ({ name, width, scheme }))),
);

test.skipIf(skipped).each(views)(
  `the $name page fits $width pixels, $scheme, without a complaint or a request${skipped ? " (skipped, because no Chromium)" : ""}`,
  async ({ name, width, scheme }) => {
    const { page, complaints } = await openPage(name, width, scheme);

    const widest = await page.evaluate("document.documentElement.scrollWidth");
    const broken = await page.evaluate(
      "[...document.images].filter((image) => !image.complete || image.naturalWidth === 0).length",
    );
    await page.close();

    expect({ widest, broken, complaints }).toEqual({ widest: width, broken: 0, complaints: [] });
  },
);

test.skipIf(skipped)(
  `text on marks stays readable in both themes${skipped ? " (skipped, because no Chromium)" : ""}`,
  async () => {
    for (const scheme of ["light", "dark"] as const) {
      const { page } = await openPage("evaluation", 1280, scheme);
      const least = await page.evaluate(leastCellContrast);
      await page.close();
      expect(least, scheme).toBeGreaterThan(4);
    }
  },
);

/** Smallest contrast of a number in a heat map to its cell, by WCAG's formula; runs in the page. */
const leastCellContrast = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const ground = rgb(getComputedStyle(document.body).backgroundColor);
  const luminance = (color) => {
    const [r, g, b] = color.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratios = [...document.querySelectorAll("rect.cell")].flatMap((cell) => {
    const text = cell.nextElementSibling;
    if (!text || text.textContent.trim() === "") return [];
    const opacity = Number(cell.getAttribute("fill-opacity"));
    const fill = rgb(getComputedStyle(cell).fill).map((v, i) => v * opacity + ground[i] * (1 - opacity));
    const [a, b] = [luminance(fill), luminance(rgb(getComputedStyle(text).fill))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05)];
  });
  return Math.min(...ratios);
})()`;

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { commands } from "../../cli/command-table.ts";
import { exitCodes } from "../../cli/exit-codes.ts";
import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import * as errors from "../../ml/errors.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import { stages } from "../../ml/stages.ts";
import { permanentErrors } from "../../temporal.config.ts";
import { augmentGoldens } from "../support/augment-goldens.ts";
import { environmentExample, pipelineFilePage, settingsPage } from "../support/docs-pages.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const errorNames = Object.keys(errors).filter((name) => name !== "PipelineError");

test("docs/settings.md says what environment.ts says", async () => {
  await expect(settingsPage()).toMatchFileSnapshot("../../docs/settings.md");
});

test(".env.example says what environment.ts says", async () => {
  await expect(environmentExample()).toMatchFileSnapshot("../../.env.example");
});

test("docs/pipeline-file.md says what the pipeline schema says", async () => {
  await expect(pipelineFilePage()).toMatchFileSnapshot("../../docs/pipeline-file.md");
});

test.each([...new Set(commands.map(({ name }) => name.split(" ")[0]))])("README.md has a line for convoy %s", (name) => {
  expect(read("README.md")).toMatch(new RegExp(`^\\| .*\`convoy ${name}\\b`, "m"));
});

test.each(stages)("README.md says what the stage %s does", (stage) => {
  expect(read("README.md")).toMatch(new RegExp(`\\*\\*${stage}\\*\\*`));
});

test.each(Object.keys(pipelineSchema.shape))("docs/pipeline-file.md explains the key %s", (key) => {
  expect(read("docs/pipeline-file.md")).toMatch(new RegExp(`^(## ${key}$|\\| \`${key}\` )`, "m"));
});

test.each(augmentGoldens.kerasParameters)("docs/augmentation.md says where Keras' %s is", (parameter) => {
  expect(read("docs/augmentation.md")).toMatch(new RegExp(`^\\| [^|]*\`${parameter}\``, "m"));
});

test.each(Object.keys(augmentParametersSchema.shape))("docs/augmentation.md names the key %s", (key) => {
  expect(read("docs/augmentation.md")).toMatch(new RegExp(`\`${key}[\`:]`));
});

describe("docs/errors.md", () => {
  const page = read("docs/errors.md");

  test.each(errorNames)("explains %s, and says rightly whether it is retried", (name) => {
    const line = page.split("\n").find((text) => text.startsWith(`| \`${name}\` `));

    expect(line).toBeDefined();
    expect(line?.split("|")[2]?.trim()).toBe((permanentErrors as readonly string[]).includes(name) ? "no" : "yes");
  });

  test.each(Object.values(exitCodes))("explains exit code %s", (code) => {
    expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
  });
});

test("every decision says its context, the choice and the consequences", () => {
  const folder = "docs/decisions";
  const names = readdirSync(join(root, folder)).toSorted();

  expect(names.length).toBeGreaterThan(0);
  for (const [index, name] of names.entries()) {
    expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
    const text = read(join(folder, name));
    for (const heading of ["Context", "Decision", "Consequences"]) expect(text, name).toContain(`\n## ${heading}\n`);
  }
});

test("links between documents lead to files that are there", () => {
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "infra/README.md"].concat(
    readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  );
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target = ""]) => join(page, "..", target))
      .filter((path) => !exists(path))
      .map((path) => `${page} → ${path}`),
  );

  expect(broken).toEqual([]);
});

function exists(path: string): boolean {
  try {
    return readdirSync(join(root, path, "..")).includes(path.split("/").at(-1) ?? "");
  } catch {
    return false;
  }
}

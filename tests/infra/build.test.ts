import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import type { BuildModule } from "./import-local.ts";
import { importInfra, inFolder, namesIn, repository } from "./import-local.ts";

const { build, currentBuild } = await importInfra<BuildModule>("build.mjs");
const { sourceStamp } = await importInfra<{ sourceStamp: (root: string) => string }>("source-stamp.mjs");

const sources: Record<string, string> = {
  "package.json": '{"type":"module"}',
  "package-lock.json": '{"packages":{"":{}}}',
  "tsconfig.json": JSON.stringify({
    compilerOptions: { target: "ES2023", module: "NodeNext", types: [], rewriteRelativeImportExtensions: true, strict: true },
    include: ["*.ts", "activities", "ml", "tests", "trainer"],
  }),
  "tsconfig.build.json": JSON.stringify({
    extends: "./tsconfig.json",
    compilerOptions: { removeComments: true, rootDir: ".", outDir: "dist/build" },
    exclude: ["tests", "dist", "node_modules"],
  }),
  "ml/stages.ts": 'export const stages = ["split", "train"] as const;\n',
  "ml/random.ts": "/** Draws. */\nexport const draw = 1;\n",
  "activities/split.ts": 'import { draw } from "../ml/random.ts";\nexport const split = draw;\n',
  "activities/train.ts": "export const train = 1;\n",
  "trainer/main.ts": "export const main = 1;\n",
  "tests/split.test.ts": "export {};\n",
};

function writeProject(root: string, changes: Record<string, string> = {}): void {
  for (const [file, text] of Object.entries({ ...sources, ...changes })) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  if (!existsSync(join(root, "node_modules"))) symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
}

function stagesOf(directory: string): Record<string, string> {
  return (JSON.parse(readFileSync(join(directory, "stages.json"), "utf8")) as { stages: Record<string, string> }).stages;
}

function buildOf(changes: Record<string, string> = {}): Promise<{ buildId: string; stages: Record<string, string> }> {
  return inFolder(async (root) => {
    writeProject(root, changes);
    const { buildId, directory } = await build({ root });
    return { buildId, stages: stagesOf(directory) };
  });
}

test("names a build by its content: equal in another clone, and comments do not count", async () => {
  const first = await buildOf();

  expect(await buildOf()).toEqual(first);
  expect(await buildOf({ "ml/random.ts": "export const draw = 1; // drawn\n" })).toEqual(first);
  expect(first.buildId).toMatch(/^[0-9a-f]{12}$/);
});

test("changes the code hash of exactly the stages that a change reaches", async () => {
  const { stages } = await buildOf();
  const { stages: edited } = await buildOf({ "ml/random.ts": "export const draw = 2;\n" });
  const { stages: trainer } = await buildOf({ "trainer/main.ts": "export const main = 2;\n" });

  expect([edited["split"] === stages["split"], edited["train"] === stages["train"]]).toEqual([false, true]);
  expect([trainer["split"] === stages["split"], trainer["train"] === stages["train"]]).toEqual([true, false]);
});

test("makes another build when a locked package changes, but not for one of development", async () => {
  const { buildId } = await buildOf();
  const entry = (dev: boolean) => JSON.stringify({ packages: { "": {}, "node_modules/x": { version: "1.0.0", dev } } });

  expect((await buildOf({ "package-lock.json": entry(true) })).buildId).toBe(buildId);
  expect((await buildOf({ "package-lock.json": entry(false) })).buildId).not.toBe(buildId);
});

test("reuses an unchanged build's folder and points to it", () =>
  inFolder(async (root) => {
    writeProject(root);
    const first = await build({ root });
    const second = await build({ root });

    expect(second).toEqual({ ...first, reused: true });
    expect(currentBuild(root)).toEqual({ buildId: first.buildId, stamp: sourceStamp(root) });
    expect(namesIn(join(root, "dist"))).toEqual([first.buildId, "current.json", "index.js"].toSorted());
  }));

test("compiles despite a type error, and refuses a syntax error with its place", () =>
  inFolder(async (root) => {
    writeProject(root, { "ml/random.ts": 'export const draw: number = "one";\n' });
    expect((await build({ root })).reused).toBe(false);

    writeProject(root, { "ml/random.ts": "export const draw = ;\n" });
    await expect(build({ root })).rejects.toThrow(
      /Build: the TypeScript compiler refused the sources[\s\S]*ml\/random\.ts\(1,21\)/,
    );
    expect(namesIn(join(root, "dist")).filter((name) => name.startsWith("."))).toEqual([]);
  }));

test("gives one whole build to two processes that build at once, and clears what a killed one left", () =>
  inFolder(async (root) => {
    writeProject(root);
    mkdirSync(join(root, "dist", ".compiling-1", "ml"), { recursive: true });
    const script = `import { build } from ${JSON.stringify(join(repository, "infra/local/build.mjs"))};
      console.log((await build({ root: ${JSON.stringify(root)} })).buildId);`;
    const runOne = () =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
        let output = "";
        child.stdout.on("data", (text: Buffer) => (output += text.toString()));
        child.on("close", (code) => (code === 0 ? resolve(output.trim()) : reject(new Error(`exit code ${code}`))));
      });
    writeFileSync(join(root, "dist", ".build.lock"), "left behind");

    const [first, second] = await Promise.all([runOne(), runOne()]);

    expect(first).toBe(second);
    expect(namesIn(join(root, "dist"))).toEqual([first, "current.json", "index.js"].toSorted());
  }));

test("keeps the newest five builds and those of the last seven days", () =>
  inFolder(async (root) => {
    writeProject(root);
    const old = Array.from({ length: 8 }, (_, i) => i.toString(16).padStart(12, "0"));
    for (const [i, name] of old.entries()) {
      mkdirSync(join(root, "dist", name), { recursive: true });
      const usedAt = new Date(Date.now() - (i < 2 ? 1 : 10 + i) * 86_400_000);
      utimesSync(join(root, "dist", name), usedAt, usedAt);
    }

    const { buildId } = await build({ root });

    expect(namesIn(join(root, "dist")).filter((name) => !["current.json", "index.js"].includes(name))).toEqual(
      [...old.slice(0, 4), buildId].toSorted(),
    );
  }));

test("sees an edit, a new file and a removed one within milliseconds, and no difference otherwise", () =>
  inFolder(async (root) => {
    writeProject(root);
    const stamp = sourceStamp(root);
    const changed = new Set([stamp]);

    expect(sourceStamp(root)).toBe(stamp);
    writeFileSync(join(root, "tests", "other.test.ts"), "export {};\n");
    expect(sourceStamp(root)).toBe(stamp); // tests are not compiled
    writeFileSync(join(root, "ml", "random.ts"), "export const draw = 10;\n");
    changed.add(sourceStamp(root));
    writeFileSync(join(root, "ml", "new.ts"), "export {};\n");
    changed.add(sourceStamp(root));
    writeFileSync(join(root, "package-lock.json"), '{"packages":{"":{"version":"1"}}}');
    changed.add(sourceStamp(root));

    expect(changed.size).toBe(4);
  }));

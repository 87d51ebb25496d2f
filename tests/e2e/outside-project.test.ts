import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { idxFile } from "../support/idx-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const execute = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-outside-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lays the package as npm packs it into a project's node_modules; what it depends on is linked, so that no registry is asked. */
async function installPackage(project: string): Promise<void> {
  await execute(process.execPath, [join(root, "infra/local/start.cjs"), "--build"], { cwd: root });
  const { buildId } = JSON.parse(await readFile(join(root, "dist/current.json"), "utf8")) as { buildId: string };
  const staging = join(folder, "staging");
  const dist = ["current.json", "index.js", "types", buildId].map((name) => `dist/${name}`);
  for (const path of ["package.json", "convoy", "infra", "pipelines", "cli", "tsconfig.build.json", ...dist])
    await cp(join(root, path), join(staging, path), { recursive: true });
  const { stdout } = await execute("npm", ["pack", "--pack-destination", folder, "--loglevel=error"], { cwd: staging });
  const modules = join(project, "node_modules");
  await mkdir(join(modules, "convoy"), { recursive: true });
  await execute("tar", ["-xzf", join(folder, stdout.trim()), "-C", join(modules, "convoy"), "--strip-components=1"]);
  for (const name of await readdir(join(root, "node_modules")))
    await symlink(join(root, "node_modules", name), join(modules, name));
}

const files = {
  "package.json": JSON.stringify({ name: "outside", type: "module" }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: { strict: true, module: "NodeNext", target: "ES2022", outDir: "build", types: [], skipLibCheck: true },
    include: ["*.ts"],
  }),
  "pipeline.yaml": `name: outside
dataset: { path: data }
model: ./model.ts
train: { epochs: 2, batchSize: 16, callbacks: [./kappa.ts], monitor: { metric: kappa, mode: max } }
`,
  "model.ts": `import { defineModel } from "convoy";
export default defineModel({
  build({ layers, outputs }) {
    layers.dense({ units: 8, activation: "relu" });
    layers.dense({ units: outputs });
    return layers.output;
  },
});
`,
  "kappa.ts": `import { defineCallback } from "convoy";
import { kappaOf } from "./measures.js";
export default defineCallback<{ best: number }>({
  initialState: { best: -1 },
  onEpochEnd({ validation, state, classes }) {
    if (!validation) return;
    const kappa = kappaOf(validation.labels, validation.probabilities, classes.length);
    return { state: { best: Math.max(kappa, state.best) }, metrics: { kappa } };
  },
});
`,
  "measures.ts": `export function kappaOf(labels: Int32Array, probabilities: Float32Array, classes: number): number {
  const counts = Array.from({ length: classes }, () => ({ truth: 0, predicted: 0, both: 0 }));
  for (const [row, label] of labels.entries()) {
    let best = 0;
    for (let code = 1; code < classes; code++) if (probabilities[row * classes + code]! > probabilities[row * classes + best]!) best = code;
    counts[label]!.truth++;
    counts[best]!.predicted++;
    if (best === label) counts[label]!.both++;
  }
  const n = labels.length;
  const chance = counts.reduce((sum, { truth, predicted }) => sum + (truth * predicted) / n / n, 0);
  return (counts.reduce((sum, { both }) => sum + both / n, 0) - chance) / (1 - chance);
}
`,
  "main.ts": `import { connect, run, RunFailed } from "convoy";
import type { RunResult } from "convoy";
const result: RunResult = await run("pipeline.yaml", { set: { seed: 3 }, until: "evaluate" });
const convoy = await connect();
const { history } = await convoy.stageResults(result.runId, "train") as { history: unknown };
await convoy.close();
const wrong = await run("pipeline.yaml", { set: { "check.rules": { "class-size": { severity: "fail", threshold: 1000 } } } }).catch((error: unknown) => error);
console.log(JSON.stringify({ result, history, failed: wrong instanceof RunFailed && wrong.result.error?.type }));
declare const console: { log(text: string): void };
`,
};

test("a project of one's own uses the package: its model, callback and program are typed, run, and stand in the record", async () => {
  const project = join(folder, "project");
  await installPackage(project);
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
  const labels = Uint8Array.from({ length: 120 }, (_, i) => i % 3);
  const images = Uint8Array.from(
    { length: 120 * 36 },
    (_, i) => (Math.floor(i / 36) % 3) * 80 + (Math.imul(i, 2654435761) >>> 26),
  );
  await mkdir(join(project, "data"));
  await writeFile(join(project, "data/images-idx3-ubyte"), idxFile([120, 6, 6], images));
  await writeFile(join(project, "data/labels-idx1-ubyte"), idxFile([120], labels));

  await execute(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: project });
  const { stdout } = await execute(process.execPath, ["build/main.js"], { cwd: project });

  const { result, history, failed } = JSON.parse(stdout) as { result: object; history: object; failed: string };
  expect(result).toMatchObject({
    status: "done",
    seed: 3,
    model: null,
    metrics: { test: { accuracy: expect.any(Number) as number } },
  });
  expect(history).toMatchObject({ epochs: [{ metrics: { kappa: expect.any(Number) as number } }, {}] });
  expect(failed).toBe("DatasetRejected");
});

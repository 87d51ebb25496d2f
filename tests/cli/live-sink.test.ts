import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { progressSink } from "../../cli/progress/sinks.ts";
import type { CommonOptions } from "../../cli/define-command.ts";
import { aDoneRecord, aRecord, aView, stagesWith, trainingProgress } from "../support/fake-convoy.ts";
import { testTerminal } from "../support/run-command.ts";

const common: CommonOptions = { json: false, quiet: false, verbose: false, profile: undefined };

/** A terminal that is drawn on, with what was written to it, a chunk a write. */
function liveTerminal() {
  const terminal = testTerminal({ isTerminal: true });
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
  stream.on("data", (data: Buffer) => chunks.push(data.toString()));
  Object.assign(terminal.stderr, { isLive: true, stream });
  return { terminal, chunks };
}

test("however many views come, at most ten frames a second are drawn, and the last one stays", async () => {
  const { terminal, chunks } = liveTerminal();
  const sink = await progressSink(terminal, common);
  const stages = stagesWith({ train: { status: "running", attempts: 1 } });

  for (let i = 0; i < 100; i++) {
    sink.show(aView(aRecord({ stages }), { train: trainingProgress({ done: i }) }));
    await sleep(5);
  }
  const drawn = chunks.filter((chunk) => chunk.includes("train")).length;
  sink.show(aView(aDoneRecord()));
  sink.close();

  expect(drawn).toBeGreaterThan(1);
  expect(drawn).toBeLessThanOrEqual(12); // half a second, or a little more on a busy machine
  expect(chunks.join("")).toContain("reused from run 0j3k6zzz");
});

test("what is said while it is drawn stays beneath it", async () => {
  const { terminal, chunks } = liveTerminal();
  const sink = await progressSink(terminal, common);
  sink.show(aView(aRecord()));

  sink.say("Stopping run 0j3k7abc");
  sink.close();

  expect(chunks.join("")).toContain("Stopping run 0j3k7abc");
});

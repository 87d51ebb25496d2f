import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findTrainer } from "../../bench/chaos-processes.ts";
import { convoy, runIdIn, startConvoy } from "../../bench/convoy-process.ts";
import { writeHeldTraining } from "../support/held-training.ts";
import { openSharedStore } from "../support/shared-store.ts";
import { waitUntil } from "../../bench/wait-until.ts";

const statusOf = async (runId: string) => (await (await openSharedStore()).runs.find(runId))?.status;
const isTraining = async (runId: string) => (await findTrainer(runId))?.stage === "train";

describe("a run that is under way", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "convoy-control-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Unlike every other one, so that nothing is reused. */
  const longRun = async (name: string) => ["run", (await writeHeldTraining(join(folder, name), { name })).file];

  test("is asked to stop by Ctrl-C: cancelled cleanly, no trainer left, and the way to resume is said", async () => {
    const { child, result } = startConvoy(await longRun("interrupted"));
    const runId = await firstRunId(child);
    await waitUntil(() => isTraining(runId));

    child.kill("SIGINT");
    const { code, stderr } = await result;

    expect(code).toBe(130);
    expect(stderr).toMatch(new RegExp(`convoy (run|retry|watch)`));
    expect(await statusOf(runId)).toBe("cancelled");
    expect(await findTrainer(runId)).toBeNull();
  });

  test("goes on when its terminal closes, can be watched as NDJSON, and is stopped by command", async () => {
    const { child } = startConvoy(await longRun("left-alone"));
    const runId = await firstRunId(child);
    await waitUntil(() => isTraining(runId));

    child.kill("SIGHUP");
    await once(child, "exit");

    expect(await statusOf(runId)).toBe("running");
    const watching = startConvoy(["watch", runId, "--json"]);
    const stopped = await convoy(["stop", runId]);
    const { stdout } = await watching.result;

    expect(stopped.code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(events.length).toBeGreaterThan(0);
    expect(await statusOf(runId)).toBe("cancelled");
  });

  test("is left alone by --detach, which gives back the id at once", async () => {
    const { code, stdout } = await convoy([...(await longRun("detached")), "--detach"]);
    const runId = stdout.trim();

    expect(code).toBe(0);
    expect(await statusOf(runId)).toBe("running");
    await convoy(["stop", runId]);
  });
});

/** The id in the first lines a run prints. */
async function firstRunId(child: ReturnType<typeof startConvoy>["child"]): Promise<string> {
  let text = "";
  child.stderr?.on("data", (chunk: string) => (text += chunk));
  await waitUntil(() => runIdIn(text) !== "");
  return runIdIn(text);
}

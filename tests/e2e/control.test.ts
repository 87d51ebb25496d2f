import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { findTrainer } from "../../bench/chaos-processes.ts";
import { convoy, startConvoy } from "../../bench/convoy-process.ts";
import { trainerPids } from "../support/processes.ts";
import { openSharedStore } from "../support/shared-store.ts";
import { waitUntil } from "../../bench/wait-until.ts";

/** Long enough to be interrupted, on little data, and unlike every other test's run, so that nothing is reused. */
const longRun = (seed: number) => {
  const settings = [`seed=${seed}`, "ingest.maxImages=1000", "train.batchSize=1", "train.epochs=5000"];
  return ["run", "pipelines/mnist.yaml", ...settings.flatMap((setting) => ["--set", setting])];
};

const statusOf = async (runId: string) => (await (await openSharedStore()).runs.find(runId))?.status;
const isTraining = async (runId: string) => (await findTrainer(runId))?.stage === "train";

describe("a run that is under way", () => {
  test("is asked to stop by Ctrl-C: cancelled cleanly, no trainer left, and the way to resume is said", async () => {
    const { child, result } = startConvoy(longRun(11));
    const runId = await firstRunId(child);
    await waitUntil(() => isTraining(runId));

    child.kill("SIGINT");
    const { code, stderr } = await result;

    expect(code).toBe(130);
    expect(stderr).toMatch(new RegExp(`convoy (run|retry|watch)`));
    expect(await statusOf(runId)).toBe("cancelled");
    expect(await trainerPids(runId)).toEqual([]);
  });

  test("goes on when its terminal closes, can be watched as NDJSON, and is stopped by command", async () => {
    const { child } = startConvoy(longRun(12));
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
    const { code, stdout } = await convoy([...longRun(13), "--detach"]);
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
  const found = () => /\brun ([0-9a-z]{12})\b/.exec(text)?.[1];
  await waitUntil(() => found() !== undefined);
  return found() as string;
}

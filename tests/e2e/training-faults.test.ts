import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import type { RunningTrainer } from "../../bench/chaos-processes.ts";
import { findTrainer, startWorkerLike, workerPid } from "../../bench/chaos-processes.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoy, convoyJson, runIdIn, startConvoy } from "../../bench/convoy-process.ts";
import { waitUntil } from "../../bench/wait-until.ts";
import { writeHeldTraining } from "../support/held-training.ts";

interface Shown {
  record: {
    stages: { name: string; attempts: number; summary: { epochs: number }; outputs: Record<string, { sha256: string }> }[];
  };
  paused: string[];
}

const show = (runId: string) => convoyJson<Shown>(["show", runId]);
const trainOf = ({ record }: Shown) => record.stages.find(({ name }) => name === "train");

test("a training that is killed, paused, moved to another worker, and suspended there past its heartbeat timeout, ends with the weights of one left alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "convoy-faults-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const held = await writeHeldTraining(folder, { name: "faults" });
  const { child, result } = startConvoy(["run", held.file, "--until", "train", "--json"]);
  onTestFinished(() => void child.kill());
  let progress = "";
  child.stderr?.on("data", (text: string) => (progress += text));
  const runId = () => runIdIn(progress);
  /** The trainer of that attempt or a later one. */
  const trainer = async (attempt: number): Promise<RunningTrainer> => {
    let found: RunningTrainer | null = null;
    const isThere = async () => {
      found = await findTrainer(runId());
      return found?.stage === "train" && found.attempt >= attempt;
    };
    await waitUntil(isThere, { everyMs: 100 });
    return found!;
  };

  const first = await trainer(1);
  await waitUntil(() => /epoch \d/.test(progress), { everyMs: 20 });
  process.kill(first.pid, "SIGKILL");
  const second = await trainer(2);
  const paused = await convoyJson<{ status: string; stages: string[] }>(["pause", runId()]);
  const whilePaused = await show(runId());
  const trainerWhilePaused = await findTrainer(runId());
  const nowhere = await convoy(["resume", runId(), "--gpu", "other"]);
  const other = await startWorkerLike(second.supervisorPid, { CONVOY_GPU_CLASS: "other" });
  let third: RunningTrainer;
  let outcome: Awaited<typeof result>;
  try {
    await waitUntil(async () => (await convoy(["resume", runId(), "--gpu", "other"])).code === 0, { everyMs: 1000 });
    third = await trainer(3);
    for (const suspended of [third.pid, other.pid!]) process.kill(suspended, "SIGSTOP");
    process.kill(workerPid("data-worker-1")!, "SIGKILL");
    await convoyJson(["resume", runId(), "--gpu", "default"]);
    await trainer(4);
    await held.release();
    outcome = await result;
    // It goes on where it was, finds the training taken over and ends.
    for (const suspended of [third.pid, other.pid!]) process.kill(suspended, "SIGCONT");
    await waitUntil(async () => (await findTrainer(runId())) === null, { everyMs: 100 });
  } finally {
    other.kill("SIGKILL");
  }
  const { code, stdout } = outcome;

  expect(code, `${stdout}\n${progress}`).toBe(0);
  expect(paused).toMatchObject({ status: "paused", stages: ["train"] });
  expect([whilePaused.paused, trainerWhilePaused]).toEqual([["train"], null]);
  expect([nowhere.code, nowhere.stderr]).toEqual([3, expect.stringContaining("CONVOY_GPU_CLASS=other")]);
  expect(third.supervisorPid).toBe(other.pid);
  const disturbed = trainOf(await show(runId()));
  expect(disturbed?.attempts).toBeGreaterThanOrEqual(4);
  const epochs = `train.epochs=${disturbed?.summary.epochs}`;
  const calm = await convoyJson<RunOutcome>(["run", held.freeFile, "--until", "train", "--set", epochs]);
  expect(disturbed?.outputs["weights"]).toEqual(trainOf(await show(calm.runId))?.outputs["weights"]);
});

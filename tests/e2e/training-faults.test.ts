import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { findTrainer } from "../../bench/chaos-processes.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson, startConvoy } from "../../bench/convoy-process.ts";
import { waitUntil } from "../../bench/wait-until.ts";

interface Shown {
  record: { stages: { name: string; attempts: number; outputs: Record<string, { sha256: string }> }[] };
}

/** How many checkpoints are kept tells the two runs apart and changes no bit. */
const training = (keepCheckpoints: number) =>
  ["run", "pipelines/mnist.yaml", "--set", "train.epochs=60"].concat("--set", `train.keepCheckpoints=${keepCheckpoints}`);

async function trainOf(runId: string) {
  return (await convoyJson<Shown>(["show", runId])).record.stages.find(({ name }) => name === "train");
}

test("a training whose trainer is killed, then the worker that supervises it, ends with the weights of one left alone", async () => {
  const calm = await convoyJson<RunOutcome>(training(3));
  const { child, result } = startConvoy([...training(4), "--json"]);
  let progress = "";
  child.stderr?.on("data", (text: string) => (progress += text));
  const runId = () => /\brun ([0-9a-z]{12})\b/.exec(progress)?.[1] ?? "";
  const trainer = async (attempt: number) => {
    await waitUntil(async () => ((await findTrainer(runId()))?.attempt ?? 0) >= attempt, { everyMs: 50 });
    await sleep(1_500); // past its start, into its epochs
    return await findTrainer(runId());
  };

  const first = await trainer(1);
  process.kill(first!.pid, "SIGKILL");
  const second = await trainer(2);
  process.kill(second!.supervisorPid, "SIGKILL");
  const { code, stdout } = await result;

  expect(code, `${stdout}\n${progress}`).toBe(0);
  const disturbed = await trainOf((JSON.parse(stdout) as RunOutcome).runId);
  expect(disturbed?.attempts).toBeGreaterThanOrEqual(3);
  expect(disturbed?.outputs["weights"]).toEqual((await trainOf(calm.runId))?.outputs["weights"]);
});

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { SpareTrainer } from "../../activities/spare-trainer.ts";
import { runTrainer } from "../../activities/trainer-process.ts";
import type { TrainerSettings } from "../../activities/trainer-process.ts";
import { stallLimitsMs } from "../../activities/stall-watch.ts";
import { StaleAttempt, TrainerCrashed, TrainerStalled, TrainingDiverged } from "../../ml/errors.ts";
import type { TrainerJob, TrainerProgress, TrainResult } from "../../ml/train/trainer-messages.ts";
import { StorageFailed } from "../../storage/s3-object-store.ts";
import { isAlive } from "../support/processes.ts";
import { keptLog } from "../support/quiet-log.ts";
import type { JobChange, SmallDataset } from "../support/small-dataset.ts";
import { smallTrainJob, storeSmallDataset } from "../support/small-dataset.ts";
import type { TrainerBench } from "../support/trainer-bench.ts";
import { openTrainerBench } from "../support/trainer-bench.ts";
import { findTrainer } from "../../bench/chaos-processes.ts";
import { waitUntil } from "../../bench/wait-until.ts";

// Each starts TensorFlow several times, on machines that may be busy.
vi.setConfig({ testTimeout: 240_000 });

let bench: TrainerBench;
let data: SmallDataset;
let calm: ReturnType<typeof start>;
let undisturbed: TrainResult;

const epochs = { train: { epochs: 25, batchSize: 8, engine: "auto" } };
const job = (change: JobChange) => smallTrainJob(data, { ...epochs, ...change });
const attempt = (number: number) => ({ attempt: number, scheduledAtMs: 1000 * number });

beforeAll(async () => {
  bench = await openTrainerBench();
  data = await storeSmallDataset(bench.store.artifacts, { rowCount: 200 });
  calm = start(job({ runId: "undisturbed" }));
  undisturbed = resultOf(await calm.finished);
});
afterAll(() => bench.close());

/** Starts a trainer and tells what goes on. */
function start(work: TrainerJob, settings: TrainerSettings = bench.settings()) {
  const controller = new AbortController();
  const log = keptLog();
  const progress: TrainerProgress[] = [];
  const finished = runTrainer(work, settings, { signal: controller.signal, log, onProgress: (now) => void progress.push(now) });
  finished.catch(() => undefined);
  const pid = () => log.lines.find(({ message }) => message === "trainer ready")?.fields.pid;
  return {
    finished,
    log,
    progress,
    pid,
    cancel: (reason: string) => controller.abort(Object.assign(new Error(reason), { name: "CancelledFailure" })),
    checkpointed: (count: number) =>
      waitUntil(() => new Set(progress.map(({ checkpoint }) => checkpoint)).size > count, { everyMs: 20 }),
  };
}

async function trained(work: TrainerJob): Promise<TrainResult> {
  return resultOf(await start(work).finished);
}

function resultOf(message: Awaited<ReturnType<typeof runTrainer>>): TrainResult {
  if (message.type !== "trained") throw new Error(`not trained but ${message.type}`);
  return message.result;
}

const bitsOf = ({ weights, model, history }: TrainResult) => [weights.sha256, model.sha256, history.sha256];

describe("a trainer in a process of its own", () => {
  test("tells where it is, and is gone when its result is there", () => {
    expect(calm.progress.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(["loading", "compiling", "training", "validating", "checkpointing", "finishing"]),
    );
    expect(calm.progress.at(-1)).toMatchObject({ epoch: 25, epochs: 25 });
    expect(isAlive(calm.pid()!)).toBe(false);
  });

  test("killed, is reported with signal and advice; started again, it ends with the same bits", async () => {
    const trainer = start(job({ runId: "killed" }));
    await trainer.checkpointed(5);
    process.kill(trainer.pid()!, "SIGKILL");

    await expect(trainer.finished).rejects.toThrow(TrainerCrashed);
    await expect(trainer.finished).rejects.toThrow(
      /signal SIGKILL \[device=cpu, batchSize=8, .*out of memory.*train\.batchSize/s,
    );

    const again = start(job({ runId: "killed", ...attempt(2) }));
    const message = await again.finished;
    expect(again.log.lines.find(({ message: text }) => text.startsWith("resumes after epoch"))).toBeDefined();
    expect(bitsOf(resultOf(message))).toEqual(bitsOf(undisturbed));
  });

  test("stores a checkpoint and ends when paused or its worker shuts down; goes on from there later", async () => {
    for (const [index, reason] of ["PAUSED", "WORKER_SHUTDOWN"].entries()) {
      const trainer = start(job({ runId: "paused", ...attempt(index + 1) }));
      await trainer.checkpointed(3);
      trainer.cancel(reason);

      await expect(trainer.finished).rejects.toThrow(reason);
      expect(isAlive(trainer.pid()!)).toBe(false);
    }

    expect(bitsOf(await trained(job({ runId: "paused", ...attempt(3) })))).toEqual(bitsOf(undisturbed));
  });

  test("is gone at once when cancelled, whatever it is doing", async () => {
    const trainer = start(job({ runId: "cancelled", train: { ...epochs.train, epochs: 100_000 } }));
    await trainer.checkpointed(1);
    trainer.cancel("CANCELLED");

    await expect(trainer.finished).rejects.toThrow("CANCELLED");
    expect(isAlive(trainer.pid()!)).toBe(false);
  });

  test("is never started for an attempt that is cancelled already", async () => {
    await expect(
      runTrainer(job({}), bench.settings(), { signal: AbortSignal.abort(), log: keptLog(), onProgress: () => {} }),
    ).rejects.toThrow(/abort/i);
  });
});

describe("a trainer of a sweep's trainings", () => {
  const trial = (number: number, change: JobChange = {}) => job({ runId: `06fhntezss3y-${number}-1`, ...change });
  const settings = (keepMs: number) => ({ ...bench.settings(), spare: new SpareTrainer({ keepMs }) });

  test("stays for the next one, which ends with the bits of a process of its own, and is gone a while after the last", async () => {
    const own = settings(1_000);
    const first = start(trial(1, { seed: 9 }), own);
    await first.finished;
    const second = start(trial(2), own);
    const { bits, title } = { bits: bitsOf(resultOf(await second.finished)), title: await findTrainer("06fhntezss3y-2-1") };

    expect(second.pid()).toBe(first.pid());
    expect(title).toMatchObject({ pid: first.pid(), stage: "train", attempt: 1 });
    expect(bits).toEqual(bitsOf(undisturbed));
    await waitUntil(() => !isAlive(first.pid()!), { everyMs: 20 });
  });

  test("is not asked again when it was killed, or when another kind of run needs one", async () => {
    const own = settings(60_000);
    const first = start(trial(3), own);
    await first.finished;
    process.kill(first.pid()!, "SIGKILL");
    await waitUntil(() => !isAlive(first.pid()!), { everyMs: 20 });
    const second = start(trial(4), own);
    const other = start(job({ runId: "other" }), own);

    expect(bitsOf(resultOf(await second.finished))).toEqual(bitsOf(undisturbed));
    expect(bitsOf(resultOf(await other.finished))).toEqual(bitsOf(undisturbed));
    expect(new Set([first.pid(), second.pid(), other.pid()]).size).toBe(3);
    process.kill(second.pid()!, "SIGKILL");
  });
});

describe("a trainer that misbehaves", () => {
  const short = { checkpointMs: 200, terminateMs: 200 };

  test("is ended by SIGKILL when SIGTERM does nothing", async () => {
    const trainer = start(job({}), bench.fake("ignores SIGTERM", short));
    await waitUntil(() => trainer.progress.length > 0, { everyMs: 10 });
    trainer.cancel("PAUSED");

    await expect(trainer.finished).rejects.toThrow("PAUSED");
    expect(trainer.log.lines.map(({ message }) => message)).toContain("the trainer did not end on SIGTERM; SIGKILL follows");
  });

  test("is ended when it makes no progress within its phase's deadline", async () => {
    const trainer = start(job({}), bench.fake("says nothing", { ...short, stallMs: { ...stallLimitsMs, training: 300 } }));

    await expect(trainer.finished).rejects.toThrow(TrainerStalled);
    await expect(trainer.finished).rejects.toThrow(/while training .*epoch=2, step=40/);
  });

  test.each([
    ["runs out of memory in C++", TrainerCrashed, /signal SIGABRT .*out of memory.*smaller train\.batchSize.*std::bad_alloc/s],
    ["is killed", TrainerCrashed, /signal SIGKILL .*out of memory/s],
    ["ends with 3", TrainerCrashed, /exit code 3 \[device=unknown, batchSize=8, phase=training.*cannot open libtensorflow\.so/s],
    ["throws in TensorFlow", TrainerCrashed, /OOM when allocating tensor.*smaller train\.batchSize/s],
    [
      "is told by the engine that memory ran out",
      TrainerCrashed,
      /on the GPU .*smaller train\.batchSize \[device=unknown, batchSize=8, phase=training, epoch=2, step=40/,
    ],
    ["loses its storage", StorageFailed, /could not put/],
    ["diverges", TrainingDiverged, /epoch 2, step 41/],
  ])("and %s is reported as what it is", async (behavior, ErrorClass, words) => {
    const { finished } = start(job({}), bench.fake(behavior));

    await expect(finished).rejects.toThrow(ErrorClass);
    await expect(finished).rejects.toThrow(words);
  });

  test("and cannot be started is reported with the reason", async () => {
    const { finished } = start(job({}), { ...bench.settings(), path: "/nowhere/trainer.js" });

    await expect(finished).rejects.toThrow(/Cannot find module '\/nowhere\/trainer\.js'/);
  });
});

describe("whatever dies first", () => {
  test("a killed supervisor leaves no trainer behind", async () => {
    const supervisor = await bench.supervise(job({ runId: "orphan", train: { ...epochs.train, epochs: 100_000 } }));
    await waitUntil(() => supervisor.lines.some(({ progress }) => progress?.epoch === 2), { everyMs: 20 });
    const pid = supervisor.trainerPid()!;

    supervisor.process.kill("SIGKILL");

    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  test("nor does one whose trainer is stuck in native code, where no handler runs", async () => {
    const supervisor = await bench.supervise(job({}), bench.fake("never comes back to its loop"));
    await waitUntil(() => supervisor.trainerPid() !== null, { everyMs: 20 });
    const pid = supervisor.trainerPid()!;

    supervisor.process.kill("SIGKILL");

    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  test("an attempt suspended past its time cannot overwrite a later one's checkpoints", async () => {
    const runId = "suspended";
    const stale = await bench.supervise(job({ runId }));
    await waitUntil(() => stale.lines.some(({ progress }) => (progress?.epoch ?? 0) >= 3), { everyMs: 20 });
    const pid = stale.trainerPid()!;
    for (const suspended of [pid, stale.process.pid!]) process.kill(suspended, "SIGSTOP");

    const result = await trained(job({ runId, ...attempt(2) }));
    const manifest = await bench.store.objects.get(`checkpoints/${runId}/train/manifest.json`);
    for (const suspended of [pid, stale.process.pid!]) process.kill(suspended, "SIGCONT");
    await waitUntil(() => stale.end() !== undefined, { everyMs: 50 });

    expect(stale.end()?.error).toMatchObject({
      name: StaleAttempt.name,
      message: expect.stringContaining("attempt 2") as string,
    });
    expect(await bench.store.objects.get(`checkpoints/${runId}/train/manifest.json`)).toEqual(manifest);
    expect(isAlive(pid)).toBe(false);
    expect(bitsOf(result)).toEqual(bitsOf(undisturbed));
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs `work` in a new folder, which is deleted afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-stack-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only what never comes takes this long: machines that test are busy. */
const patienceMs = 50_000;

/** Waits until `isTrue`. */
export async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`Not within ${patienceMs} ms: ${String(isTrue)}`);
    await sleep(20);
  }
}

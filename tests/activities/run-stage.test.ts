import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import type { StageCall, StageDependencies } from "../../activities/run-stage.ts";
import { runStagePart } from "../../activities/run-stage.ts";
import type { StageContext } from "../../activities/stage.ts";
import { InvalidData } from "../../ml/errors.ts";
import { activityEnvironment } from "../support/activity-environment.ts";
import { memoryStore } from "../support/memory-store.ts";
import { keptLog } from "../support/quiet-log.ts";

const ref = { uri: "objects/aa/aa", sha256: "aa", sizeBytes: 1, mediaType: "application/json" };
const call = { runId: "run-1", stage: "ingest" as StageCall["stage"], key: "k", codeHash: "c", parameters: {}, seed: 0 };

/** One attempt at a part of a stage. `errors` are those that its log held when it was closed; null where it is open still. */
async function attempt(work: (context: StageContext) => Promise<void>) {
  const log = keptLog();
  const closed: { errors: string[] | null } = { errors: null };
  const errors = () => log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
  const openLog: StageDependencies["openLog"] = () => ({ log, close: async () => void (closed.errors = errors()) });
  const part = runStagePart(
    async (_task, context) => {
      await work(context);
      return ref;
    },
    { store: memoryStore(), environment: {}, openLog },
  );
  const failure = await activityEnvironment()
    .run(part, { ...call, part: ref, number: 1 })
    .then(() => null)
    .catch((error: unknown) => error);
  return { failure, ...closed };
}

test("an attempt has a folder of its own, which is gone when it ends, however it ends", async () => {
  const folders: string[] = [];
  const use = async ({ scratchFolder }: StageContext) => {
    folders.push(scratchFolder);
    await writeFile(join(scratchFolder, "large"), "x");
  };

  const well = await attempt(use);
  const badly = await attempt(async (context) => {
    await use(context);
    throw new InvalidData("the source is empty");
  });

  expect(well.failure).toBeNull();
  expect(badly.failure).toMatchObject({ type: "InvalidData", nonRetryable: true });
  expect(new Set(folders).size).toBe(2);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});

test("an attempt that cannot even have its folder, as on a full disk, says so in its log and closes it", async () => {
  vi.stubEnv("TMPDIR", "/nowhere");

  const { failure, errors } = await attempt(async () => {});

  expect(failure).toMatchObject({ message: expect.stringContaining("ENOENT"), nonRetryable: false });
  expect(errors).toEqual(["ingest, part 1, failed, attempt 1"]);
});

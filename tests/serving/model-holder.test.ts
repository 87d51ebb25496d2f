import { afterEach, describe, expect, test } from "vitest";

import { TrainerCrashed } from "../../ml/errors.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import { MicroBatcher } from "../../serving/micro-batcher.ts";
import { ModelHolder } from "../../serving/model-holder.ts";
import { keptLog } from "../support/quiet-log.ts";

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("micro-batches", () => {
  test("hold what comes while one is computed, in order, as far as it fits", async () => {
    const batches: number[][] = [];
    const first = gate();
    const predict = async (pixels: Uint8Array) => {
      batches.push([...pixels]);
      if (batches.length === 1) await first.opened;
      return Float32Array.from(pixels);
    };
    const batcher = new MicroBatcher({ batchSize: 4, predict }, { classCount: 1, onBatch: () => {} });

    const answers = [batcher.predict(Uint8Array.of(1), 1)];
    await Promise.resolve();
    answers.push(...[[2, 3], [4], [5, 6], [7]].map((rows) => batcher.predict(Uint8Array.from(rows), rows.length)));
    first.open();

    expect((await Promise.all(answers)).map((answer) => [...answer])).toEqual([[1], [2, 3], [4], [5, 6], [7]]);
    expect(batches).toEqual([[1], [2, 3, 4], [5, 6, 7]]);
  });

  test("part a request of more images than a batch holds", async () => {
    const predict = async (pixels: Uint8Array) => Float32Array.from(pixels);
    const batcher = new MicroBatcher({ batchSize: 2, predict }, { classCount: 1, onBatch: () => {} });

    expect([...(await batcher.predict(Uint8Array.of(1, 2, 3, 4, 5), 5))]).toEqual([1, 2, 3, 4, 5]);
  });

  test("fail for those in them and go on with the next", async () => {
    let calls = 0;
    const predict = async (pixels: Uint8Array) => {
      if (++calls === 1) throw new TrainerCrashed("signal SIGKILL");
      return Float32Array.from(pixels);
    };
    const batcher = new MicroBatcher({ batchSize: 1, predict }, { classCount: 1, onBatch: () => {} });

    const [failed, answered] = await Promise.allSettled([
      batcher.predict(Uint8Array.of(1), 1),
      batcher.predict(Uint8Array.of(2), 1),
    ]);

    expect(failed?.status).toBe("rejected");
    expect(answered).toEqual({ status: "fulfilled", value: Float32Array.of(2) });
  });
});

/** Versions whose processes only say who they are. */
function fakeProcesses() {
  const opened: { version: number; die: (error: Error) => void; isClosed: boolean }[] = [];
  const broken = new Set<number>();
  const open = async ({ version }: ModelVersion) => {
    if (broken.has(version)) throw new TrainerCrashed("out of memory");
    let die = (_error: Error) => {};
    const ended = new Promise<Error>((resolve) => (die = resolve));
    const process = { version, die, isClosed: false };
    opened.push(process);
    return {
      batchSize: 4,
      predict: async () => Float32Array.of(version),
      ended,
      close: async () => {
        process.isClosed = true;
        die(new Error("asked to end"));
      },
    };
  };
  return { opened, broken, open };
}

const aVersion = (version: number) => ({ name: "m", version, signature: { classes: ["a"] } }) as unknown as ModelVersion;

describe("a served model", () => {
  let holder: ModelHolder;
  afterEach(() => holder.close());

  async function serve() {
    const processes = fakeProcesses();
    const state = { wanted: 1, log: keptLog(), changes: [] as [number, boolean][], ...processes };
    holder = new ModelHolder({
      resolve: async () => aVersion(state.wanted),
      open: processes.open,
      log: state.log,
      pollMs: 5,
      onBatch: () => {},
      onChange: (version, isServed) => void state.changes.push([version, isServed]),
    });
    await holder.start();
    return state;
  }
  const answers = async () => (await holder.served?.batcher.predict(Uint8Array.of(0), 1))?.[0] ?? null;

  test("changes to the version its alias moves to, without a moment in which none answers", async () => {
    const state = await serve();
    expect(await answers()).toBe(1);

    state.wanted = 2;

    await expect.poll(answers, { interval: 1 }).toBe(2);
    await expect.poll(() => state.opened[0]?.isClosed).toBe(true);
    expect(state.changes).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  test("goes on with the present version while the next cannot be loaded", async () => {
    const state = await serve();
    state.broken.add(2);

    state.wanted = 2;
    await expect.poll(() => state.changes.some(([version, isServed]) => version === 2 && !isServed)).toBe(true);
    expect(await answers()).toBe(1);
    expect(state.log.lines.map(({ message }) => message)).toContain("version 2 cannot be served: out of memory");
    state.broken.clear();

    await expect.poll(answers, { timeout: 5_000 }).toBe(2);
  });

  test("gets another process in place of one that died", async () => {
    const state = await serve();

    state.opened[0]?.die(new TrainerCrashed("signal SIGKILL"));

    await expect.poll(() => state.opened.length).toBe(2);
    await expect.poll(answers).toBe(1);
  });

  test("does not start where its first version cannot be loaded", async () => {
    const { broken, open } = fakeProcesses();
    broken.add(1);
    const nothing = () => {};
    holder = new ModelHolder({
      resolve: async () => aVersion(1),
      open,
      log: keptLog(),
      pollMs: 5,
      onBatch: nothing,
      onChange: nothing,
    });

    await expect(holder.start()).rejects.toThrow("out of memory");
  });
});

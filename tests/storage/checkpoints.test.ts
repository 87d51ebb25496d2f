import { beforeEach, describe, expect, test } from "vitest";

import { StaleAttempt } from "../../ml/errors.ts";
import type { Checkpoint } from "../../storage/checkpoint-bytes.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../storage/checkpoint-bytes.ts";
import { Checkpoints, newestCheckpoint } from "../../storage/checkpoints.ts";
import type { PutOptions } from "../../storage/object-store.ts";
import { PreconditionFailed } from "../../storage/object-store.ts";
import { recordTrainingFailure } from "../../storage/training-failures.ts";
import { MemoryObjectStore, VanishingObjectStore } from "../support/memory-object-store.ts";

const place = { runId: "run", stage: "train" } as const;
const folder = "checkpoints/run/train";
const workHash = "work";
const own = { own: true } as const;
const earlier = (key: string | null) => ({ own: false, key }) as const;

let objects: MemoryObjectStore;
beforeEach(() => {
  objects = new MemoryObjectStore();
});

function moment(epoch: number, change: Partial<Checkpoint> = {}): Checkpoint {
  return {
    workHash,
    keepsBest: false,
    step: epoch * 10,
    state: {
      epoch,
      stepInEpoch: 10,
      epochDone: true,
      runningTotals: { lossSum: 0.1 + epoch, correct: 3, rows: 10 },
      history: [],
      bestEpoch: { best: null, epochsWithout: 0 },
      stoppedEarly: false,
    },
    variables: new Map([["dense/kernel", { shape: [1, 2], values: Float32Array.of(epoch, Math.fround(0.1)) }]]),
    ...change,
  };
}

const owner = (attempt: number) => ({ activityId: "5", attempt, scheduledAtMs: 1000 * attempt });
const claim = (attempt: number) => Checkpoints.claim(objects, place, owner(attempt));
const storedEpochs = () =>
  [...objects.objects.keys()].flatMap((key) => /\/\d+-(\d+)-\d+-[0-9a-f]{64}$/.exec(key)?.slice(1).map(Number) ?? []);
const ignored = () => undefined;

describe("a checkpoint's bytes", () => {
  test("give everything back, and are the same for the same moment", () => {
    const { bytes, sha256 } = encodeCheckpoint(moment(3));

    expect(decodeCheckpoint(bytes)).toEqual(moment(3));
    expect(decodeCheckpoint(Buffer.concat([Buffer.from("x"), bytes]).subarray(1))).toEqual(moment(3));
    expect(encodeCheckpoint(moment(3)).sha256).toBe(sha256);
  });

  test("are refused when cut short", () => {
    const { bytes } = encodeCheckpoint(moment(3));

    expect(() => decodeCheckpoint(bytes.slice(0, -4))).toThrow(/bytes was expected/);
  });
});

describe("checkpoints", () => {
  test("are found again by the next attempt, with the best weights so far", async () => {
    const first = await claim(1);
    const best = await first.save(moment(1), { keep: 2, best: own });
    await first.save(moment(2), { keep: 2, best: earlier(best) });

    const found = await (await claim(2)).newest(workHash, ignored);

    expect(found?.checkpoint).toEqual(moment(2));
    expect(found?.best).toEqual({ key: best, checkpoint: moment(1) });
  });

  test("are kept while they are among the newest or the best of those, and deleted then", async () => {
    const checkpoints = await claim(1);
    const best = await checkpoints.save(moment(1), { keep: 2, best: own });
    for (const epoch of [2, 3, 4]) await checkpoints.save(moment(epoch), { keep: 2, best: earlier(best) });
    const after = storedEpochs();
    for (const epoch of [5, 6]) await checkpoints.save(moment(epoch), { keep: 2, best: own });

    expect(after).toEqual([1, 3, 4]);
    expect(storedEpochs()).toEqual([5, 6]);
  });

  test.each([
    ["is cut short", async (key: string) => objects.put(key, (await objects.get(key)).bytes.slice(0, 50)), "has 50 bytes"],
    ["is gone", (key: string) => objects.delete([key]), "is gone"],
    [
      "has other bytes of the same length",
      async (key: string) => objects.put(key, (await objects.get(key)).bytes.fill(7)),
      "does not have the bytes",
    ],
  ])("fall back by one when the newest %s", async (_, damage, words) => {
    const checkpoints = await claim(1);
    await checkpoints.save(moment(1), { keep: 3, best: earlier(null) });
    await damage(await checkpoints.save(moment(2), { keep: 3, best: earlier(null) }));
    const reasons: string[] = [];

    const next = await claim(2);
    const found = await next.newest(workHash, (_key, reason) => reasons.push(reason));
    await next.save(moment(2), { keep: 3, best: earlier(null) });

    expect(found?.checkpoint).toEqual(moment(1));
    expect(reasons).toEqual([expect.stringContaining(words)]);
    expect((await (await claim(3)).newest(workHash, ignored))?.checkpoint).toEqual(moment(2));
  });

  test("are of no use without the best weights they go by", async () => {
    const checkpoints = await claim(1);
    await checkpoints.save(moment(1), { keep: 1, best: own });
    const best = await checkpoints.save(moment(2), { keep: 2, best: own });
    await checkpoints.save(moment(3), { keep: 3, best: earlier(best) });
    await objects.delete([best]);

    expect((await (await claim(2)).newest(workHash, ignored))?.checkpoint).toEqual(moment(1));
  });

  test("of other parameters are passed over", async () => {
    await (await claim(1)).save(moment(1), { keep: 2, best: earlier(null) });

    expect(await (await claim(2)).newest("other work", ignored)).toBeNull();
  });

  test("cannot be written by an attempt that a later one has overtaken", async () => {
    const stale = await claim(1);
    await stale.save(moment(1), { keep: 2, best: earlier(null) });
    const present = await claim(2);
    await present.save(moment(2), { keep: 1, best: earlier(null) });

    await expect(stale.save(moment(5), { keep: 1, best: earlier(null) })).rejects.toThrow(StaleAttempt);
    await expect(claim(1)).rejects.toThrow(/attempt 2 of activity 5/);
    expect((await present.newest(workHash, ignored))?.checkpoint).toEqual(moment(2));
  });

  test.each([
    ["an earlier attempt's last write came late", (early: Uint8Array) => objects.put(`${folder}/manifest.json`, early)],
    ["somebody removed the manifest", () => objects.delete([`${folder}/manifest.json`])],
    ["the manifest was damaged", () => objects.put(`${folder}/manifest.json`, Buffer.from("{"))],
  ])("are still the present attempt's when %s", async (_, disturb) => {
    await claim(1);
    const early = (await objects.get(`${folder}/manifest.json`)).bytes;
    const present = await claim(2);
    await present.save(moment(1), { keep: 2, best: earlier(null) });
    await disturb(early);

    await present.save(moment(2), { keep: 2, best: earlier(null) });

    expect((await (await claim(3)).newest(workHash, ignored))?.checkpoint).toEqual(moment(2));
    await expect(present.save(moment(3), { keep: 2, best: earlier(null) })).rejects.toThrow(StaleAttempt);
  });

  test("are found again beside one that a stale attempt deletes while they are looked at", async () => {
    const vanishing = new VanishingObjectStore();
    objects = vanishing;
    const early = await claim(1);
    const deleted = await early.save(moment(1), { keep: 2, best: earlier(null) });
    await early.save(moment(2), { keep: 2, best: earlier(null) });
    await objects.put(`${folder}/manifest.json`, Buffer.from("{"));
    vanishing.isGone = (key) => key === deleted;

    expect((await (await claim(2)).newest(workHash, ignored))?.checkpoint).toEqual(moment(2));
  });

  test("can be written by the one attempt whose answer was lost", async () => {
    const checkpoints = await claim(1);
    const put = objects.put.bind(objects);
    objects.put = async (key: string, bytes: Uint8Array, options?: PutOptions) => {
      await put(key, bytes, options);
      objects.put = put;
      if (key.endsWith("manifest.json")) throw new PreconditionFailed("sent twice, done once");
      objects.put = async (...given) => {
        await put(...given);
        objects.put = put;
        throw new PreconditionFailed("sent twice, done once");
      };
      return { etag: "" };
    };

    await checkpoints.save(moment(1), { keep: 2, best: earlier(null) });
    await checkpoints.save(moment(2), { keep: 2, best: earlier(null) });

    expect(storedEpochs()).toEqual([1, 2]);
  });

  test.each([{ keepsBest: false }, { keepsBest: true }])(
    "are found without their manifest, if they are whole: $keepsBest",
    async (kept) => {
      const checkpoints = await claim(1);
      const judged = (epoch: number, best: number) => {
        const { state } = moment(epoch);
        return moment(epoch, { ...kept, state: { ...state, bestEpoch: { best: { epoch: best, value: 1 }, epochsWithout: 0 } } });
      };
      const best = await checkpoints.save(judged(1, 1), { keep: 3, best: kept.keepsBest ? own : earlier(null) });
      await checkpoints.save(judged(2, 1), { keep: 3, best: earlier(kept.keepsBest ? best : null) });
      const torn = await checkpoints.save(judged(3, 1), { keep: 3, best: earlier(kept.keepsBest ? best : null) });
      for (const key of [torn, `${folder}/manifest.json`]) await objects.put(key, (await objects.get(key)).bytes.slice(0, 40));

      const found = await (await claim(2)).newest(workHash, ignored);

      expect(found?.checkpoint).toEqual(judged(2, 1));
      expect(found?.best?.key).toBe(kept.keepsBest ? best : undefined);
    },
  );

  test("of a killed attempt that were never listed are deleted by the next, those of a later one are not", async () => {
    const [mine, later] = [1, 9].map((attempt) => `${folder}/${attempt}-1-1-${"a".repeat(64)}`);
    for (const key of [mine!, later!]) await objects.put(key, Buffer.from("bytes"));

    await claim(2);

    expect(new Set(objects.objects.keys())).toEqual(new Set([later, `${folder}/manifest.json`]));
  });
});

describe("real failures", () => {
  const fail = (attempt: number) =>
    recordTrainingFailure(objects, place, { attempt, scheduledAtMs: attempt * 1000, type: "TrainerCrashed", message: "killed" });

  test("are counted as long as no new checkpoint comes between them", async () => {
    const counts = [(await fail(1)).failuresInARow, (await fail(2)).failuresInARow];
    await (await claim(3)).save(moment(1), { keep: 2, best: earlier(null) });
    // Attempts 4 to 9 were pauses and lost workers.
    for (const attempt of [3, 10, 11]) counts.push((await fail(attempt)).failuresInARow);

    expect(counts).toEqual([1, 2, 1, 2, 3]);
    expect((await newestCheckpoint(objects, place))?.key).toMatch(/3-1-10-/);
  });
});

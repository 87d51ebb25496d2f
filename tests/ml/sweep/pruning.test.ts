import { describe, expect, test } from "vitest";

import { hyperbandBrackets } from "../../../ml/sweep/hyperband.ts";
import { reopen } from "../../../ml/sweep/reopen.ts";
import { rungEpochs } from "../../../ml/sweep/rungs.ts";
import { aSweep, simulate } from "../../support/simulate-sweep.ts";

const space = { "train.batchSize": { int: [1, 10_000] } };
const begun = (orders: readonly { untilEpoch: number }[], epoch: number) =>
  orders.filter((order) => order.untilEpoch === epoch).length;

describe("successive halving", () => {
  test("sends the best third of each rung on: 27 trials of 1 epoch, 9 of 3, 3 of 9, 1 of 27", () => {
    const sweep = aSweep({
      sweep: { space, algorithm: "random", objective: "accuracy", trials: 27, parallel: 4, prune: "successiveHalving" },
      epochs: 27,
    });

    const { record, orders } = simulate(sweep, ({ number }) => number);

    expect([1, 3, 9, 27].map((epoch) => begun(orders, epoch))).toEqual([27, 9, 3, 1]);
    expect(record.trials.filter(({ rungs }) => rungs.at(-1)?.epoch === 9).map(({ number }) => number)).toEqual([25, 26]);
    expect(record.best).toBe(27);
    expect(record.epochs).toBe(27 + 9 * 2 + 3 * 6 + 18); // what was trained before is not trained again
    expect(record.trials.filter(({ status }) => status === "pruned")).toHaveLength(26);
  });

  test("passes over failed trials, and still sends one to the end", () => {
    const sweep = aSweep({ sweep: { space, trials: 4, prune: "successiveHalving", retries: 0, maxFailures: 4 }, epochs: 3 });

    const { record } = simulate(sweep, ({ number }) => (number < 3 ? "fails" : number));

    expect(record.trials.map(({ status }) => status)).toEqual(["failed", "failed", "done", "pruned"]);
  });
});

describe("ASHA", () => {
  // Ray #44256: ASHA was unusable with one GPU, for paused trials kept it.
  test("works with one trainer: promotes as soon as one of three at a rung is clear, from the highest rung down", () => {
    const sweep = aSweep({ sweep: { space, algorithm: "random", objective: "accuracy", trials: 9, prune: "asha" }, epochs: 9 });

    const { record, orders } = simulate(sweep, ({ number }) => [5, 9, 1, 6, 2, 3, 8, 4, 7][number - 1]!);

    expect(orders.map(({ number, untilEpoch }) => `${number}→${untilEpoch}`)).toEqual([
      "1→1",
      "2→1",
      "3→1",
      "2→3", // the best of three
      "4→1",
      "5→1",
      "6→1",
      "4→3", // the second best of six
      "7→1",
      "7→3",
      "2→9", // of seven 2 and 7 lead; three at rung 3: 2 goes on
      "8→1",
      "9→1",
      "9→3", // the third best of nine
    ]);
    expect(record.best).toBe(2);
  });

  test("trains the best to the end where no rung was ever full enough to send one there", () => {
    const { record, orders } = simulate(
      aSweep({ sweep: { space, objective: "accuracy", trials: 2, prune: "asha" }, epochs: 9 }),
      ({ number }) => number,
    );

    expect(orders.map(({ number, untilEpoch }) => `${number}→${untilEpoch}`)).toEqual(["1→1", "2→1", "2→3", "2→9"]);
    expect(record.trials.map(({ status }) => status)).toEqual(["pruned", "done"]);
  });

  test("keeps several trainers busy: none waits for a rung to fill", () => {
    const sweep = aSweep({ sweep: { space, trials: 30, parallel: 4, prune: "asha" }, epochs: 27 });

    const { orders } = simulate(sweep, ({ number, untilEpoch }) => ((number * 7919) % 31) + 1 / untilEpoch);

    expect(begun(orders, 1)).toBe(30);
    expect(begun(orders, 27)).toBeGreaterThan(0);
  });
});

describe("Hyperband", () => {
  // Li et al. 2018, table 1: R = 81, η = 3.
  test("has the paper's brackets", () => {
    const brackets = hyperbandBrackets({ minEpochs: 1, factor: 3 }, 81);

    expect(brackets.map(({ bracket, trials, rungs }) => [bracket, trials, rungs])).toEqual([
      [4, 81, [1, 3, 9, 27, 81]],
      [3, 34, [3, 9, 27, 81]],
      [2, 15, [9, 27, 81]],
      [1, 8, [27, 81]],
      [0, 5, [81]],
    ]);
  });

  test("goes through all of them, halving within each", () => {
    const sweep = aSweep({ sweep: { space, algorithm: "random", objective: "accuracy", prune: "hyperband" }, epochs: 9 });

    const { record, orders } = simulate(sweep, ({ number }) => number);

    expect(record.trials.map(({ bracket }) => bracket)).toEqual([
      ...Array<number>(9).fill(2),
      ...Array<number>(5).fill(1),
      0,
      0,
      0,
    ]);
    expect([1, 3, 9].map((epoch) => begun(orders, epoch))).toEqual([9, 3 + 5, 1 + 1 + 3]);
  });

  test("goes on with the next round where more trials are asked for, in the file or by resuming, and halves each round by itself", () => {
    const sweep = { space, algorithm: "random", objective: "accuracy", prune: "hyperband" };
    const train = ({ number }: { number: number }) => number;

    const { record: once } = simulate(aSweep({ sweep, epochs: 9 }), train);
    const again = simulate(reopen(once, { moreTrials: 11, begunAt: once.begunAt }), train);
    const { record: asked } = simulate(aSweep({ sweep: { ...sweep, trials: 28 }, epochs: 9 }), train);

    expect(once.trials).toHaveLength(17);
    expect(again.record.trials.slice(17).map(({ bracket }) => bracket)).toEqual([...Array<number>(9).fill(2), 1, 1]);
    expect(again.record.trials.slice(0, 17)).toEqual(once.trials);
    expect([1, 3, 9].map((epoch) => begun(again.orders, epoch))).toEqual([9, 3 + 2, 1 + 1]);
    expect(asked.trials).toEqual(again.record.trials);
  });
});

describe("the median rule", () => {
  test("ends a trial that is worse than the median of those done by the same epoch, once enough are done", () => {
    const prune = { name: "median", startupTrials: 3, interval: 2 };
    const sweep = aSweep({ sweep: { space, algorithm: "random", objective: "accuracy", trials: 5, prune }, epochs: 5 });

    const { record, orders } = simulate(sweep, ({ number, untilEpoch }) => [10, 20, 30, 19, 21][number - 1]! + untilEpoch);

    expect(record.trials.map(({ status }) => status)).toEqual(["done", "done", "done", "pruned", "done"]);
    expect(orders.filter(({ number }) => number >= 4).map(({ number, untilEpoch }) => `${number}→${untilEpoch}`)).toEqual([
      "4→1",
      "5→1",
      "5→3",
      "5→5",
    ]);
  });
});

test("rungs are the first and its multiples, and end with the whole training", () => {
  expect(rungEpochs({ minEpochs: 1, factor: 3 }, 30)).toEqual([1, 3, 9, 27, 30]);
  expect(rungEpochs({ minEpochs: 2, factor: 2 }, 8)).toEqual([2, 4, 8]);
  expect(rungEpochs({ minEpochs: 5, factor: 3 }, 5)).toEqual([5]);
});

import { describe, expect, test } from "vitest";

import { advance } from "../../../ml/sweep/advance.ts";
import { reopen } from "../../../ml/sweep/reopen.ts";
import { aSweep, simulate } from "../../support/simulate-sweep.ts";

const rates = { "train.optimizer.learningRate": [0.01, 0.001, 0.0001] };
const statuses = (trials: readonly { status: string }[]) => trials.map(({ status }) => status);

describe("a sweep", () => {
  test("tries nothing twice, so that a finite space ends as exhausted", () => {
    const { record } = simulate(
      aSweep({ sweep: { space: rates, algorithm: "random", trials: 5, executionsPerTrial: 3 } }),
      () => 0.5,
    );

    expect(record.status).toBe("exhausted");
    expect(new Set(record.trials.map(({ parameters }) => parameters["train.optimizer.learningRate"]))).toEqual(
      new Set([0.0001, 0.001, 0.01]),
    );
    expect(record.trials.every(({ executions }) => executions.length === 3)).toBe(true);
  });

  test("takes the mean over executions as value, with its sample deviation, and the seeds are the same for every trial", () => {
    const { record } = simulate(
      aSweep({ sweep: { space: rates, objective: "accuracy", trials: 2, executionsPerTrial: 3 } }),
      ({ number, execution }) => number / 10 + [0, 0.03, 0.06][execution - 1]!,
    );

    expect(record.trials.map(({ value }) => value?.toFixed(4))).toEqual(["0.1300", "0.2300"]);
    expect(record.trials[0]?.deviation).toBeCloseTo(0.03, 12); // numpy.std([.1, .13, .16], ddof=1)
    const [first, second] = record.trials.map(({ executions }) => executions.map(({ seed }) => seed));
    expect(first).toEqual(second);
    expect(first?.[0]).toBeNull();
    expect(new Set(first).size).toBe(3);
    expect(record.best).toBe(2);
  });

  test("makes loss small and everything else large", () => {
    const best = (objective: string) =>
      simulate(aSweep({ sweep: { space: rates, objective, trials: 3 } }), ({ number }) => [0.4, 0.2, 0.6][number - 1]!).record
        .best;

    expect([best("loss"), best("accuracy"), best("auc")]).toEqual([2, 3, 3]);
  });

  test("runs as many trainings at a time as parallel says, also after it was changed", () => {
    const sweep = aSweep({ sweep: { space: { "train.batchSize": { int: [1, 1000] } }, trials: 9, parallel: 2 } });

    const first = advance(sweep, { outcomes: [], elapsedMs: 0, isStopping: false });
    const more = advance(
      { ...first, parameters: { ...first.parameters, parallel: 5 } },
      { outcomes: [], elapsedMs: 0, isStopping: false },
    );

    expect([first.answer.orders.length, more.answer.orders.length]).toEqual([2, 3]);
  });

  test("tries a failed training again, counts it as failed then, and never as a value", () => {
    const attempts: number[] = [];
    const { record } = simulate(aSweep({ sweep: { space: rates, trials: 3 } }), ({ number, attempts: made }) => {
      if (number !== 2) return 0.5;
      attempts.push(made);
      return "fails";
    });

    expect(attempts).toEqual([1, 2]);
    expect(statuses(record.trials)).toEqual(["done", "failed", "done"]);
    expect(record.trials[1]).toMatchObject({
      value: null,
      executions: [{ value: null, error: { message: "no new checkpoint" } }],
    });
    expect([record.status, record.best]).toEqual(["done", 1]);
  });

  test("tries nothing again that would fail again", () => {
    const { record, orders } = simulate(aSweep({ sweep: { space: rates, trials: 3 } }), ({ number }) =>
      number === 2 ? "diverges" : 0.5,
    );

    expect(orders.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(record.trials[1]).toMatchObject({ status: "failed", value: null, executions: [{ attempts: 1 }] });
  });

  test("goes on where the second try of a training succeeds", () => {
    const { record } = simulate(aSweep({ sweep: { space: rates, trials: 1 } }), ({ attempts }) =>
      attempts === 1 ? "fails" : 0.7,
    );

    expect(record.trials[0]).toMatchObject({ status: "done", value: 0.7 });
  });

  test("ends where one trial after the other fails, saying why", () => {
    const { record, orders } = simulate(
      aSweep({ sweep: { space: { "train.batchSize": { int: [1, 99] } }, retries: 0 } }),
      () => "fails",
    );

    expect([record.status, orders.length]).toEqual(["failed", 3]);
    expect(record.reason).toBe("the last 3 trials failed; trial 3: no new checkpoint");
  });

  test("has failed where no trial has a value, however few there were", () => {
    const { record } = simulate(aSweep({ sweep: { space: { "train.batchSize": [8, 16] }, algorithm: "grid" } }), () => "fails");

    expect([record.status, record.reason]).toEqual(["failed", "all 2 trials failed; trial 2: no new checkpoint"]);
  });

  test("begins nothing more once its budget of epochs or of time is used up", () => {
    const space = { "train.batchSize": { int: [1, 99] } };
    const byEpochs = simulate(aSweep({ sweep: { space, budget: { epochs: 25 } } }), () => 0.5).record;
    const byTime = simulate(aSweep({ sweep: { space, budget: { minutes: 5 } } }), () => 0.5, { elapsedMs: 300_000 }).record;

    expect([byEpochs.trials.length, byEpochs.epochs, byEpochs.reason]).toEqual([3, 27, "27 of 25 epochs are used up"]);
    expect([byTime.trials.length, byTime.reason]).toEqual([0, "5 minutes are used up"]);
  });

  test("that is stopped leaves what ran as cancelled, which is no failure and no pruning", () => {
    const sweep = aSweep({ sweep: { space: rates, trials: 3, parallel: 2, prune: "asha" } });
    const begun = advance(sweep, { outcomes: [], elapsedMs: 0, isStopping: false });
    const outcomes = begun.answer.orders.map(({ number, execution }) => ({
      number,
      execution,
      status: number === 1 ? ("done" as const) : ("cancelled" as const),
      value: number === 1 ? 0.5 : null,
      epochs: 1,
      error: null,
    }));

    const stopped = advance(begun, { outcomes, elapsedMs: 0, isStopping: true });

    expect(stopped.status).toBe("stopped");
    expect(statuses(stopped.trials)).toEqual(["paused", "cancelled"]);
    expect(stopped.answer).toEqual({ orders: [], isOver: true });
  });

  test("is a pure function of its record: the same again decides the same", () => {
    const sweep = aSweep({ sweep: { space: { "train.batchSize": { int: [1, 999] } }, trials: 10 } });
    const text = JSON.stringify(sweep);

    expect(simulate(sweep, ({ number }) => number)).toEqual(simulate(sweep, ({ number }) => number));
    expect(JSON.stringify(sweep)).toBe(text);
  });
});

describe("a sweep that is resumed", () => {
  const begunAt = "2026-01-03T00:00:00.000Z";

  test("trains on what was cancelled, in the same runs, and ends as if it had not been stopped", () => {
    const sweep = aSweep({ sweep: { space: rates, objective: "accuracy", trials: 3, parallel: 2 } });
    const begun = advance(sweep, { outcomes: [], elapsedMs: 0, isStopping: false });
    const cancelled = begun.answer.orders.map(({ number, execution }) => ({
      number,
      execution,
      status: "cancelled" as const,
      value: null,
      epochs: 4,
      error: null,
    }));
    const stopped = advance(begun, { outcomes: cancelled, elapsedMs: 0, isStopping: true });

    const { record, orders } = simulate(reopen(stopped, { moreTrials: 0, begunAt }), ({ number }) => number);

    expect(orders.map(({ runId }) => runId)).toEqual(["06fhntezss3y-1-1", "06fhntezss3y-2-1", "06fhntezss3y-3-1"]);
    expect([record.status, record.best, record.epochs]).toEqual(["done", 3, 27]);
  });

  test("with more trials suggests further points, and trials that waited at a rung may be sent on", () => {
    const sweep = aSweep({
      sweep: { space: { "train.batchSize": { int: [1, 999] } }, objective: "accuracy", trials: 4, prune: "asha" },
    });
    const before = simulate(sweep, ({ number }) => [3, 9, 5, 4][number - 1]!).record;

    const { record, orders } = simulate(reopen(before, { moreTrials: 5, begunAt }), () => 1);

    expect([before.trials.length, record.trials.length, record.parameters.trials]).toEqual([4, 9, 9]);
    expect(orders.some(({ number, untilEpoch }) => number <= 4 && untilEpoch === 3)).toBe(true);
  });
});

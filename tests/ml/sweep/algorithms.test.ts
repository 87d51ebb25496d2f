import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { normalCdf } from "../../../ml/stats/normal.ts";
import { bayesianPoint, expectedImprovement } from "../../../ml/sweep/bayesian.ts";
import { fitGaussianProcess, likeliestProcess, predict } from "../../../ml/sweep/gaussian-process.ts";
import { logDensity, parzenEstimator } from "../../../ml/sweep/parzen.ts";
import type { Algorithm, Dimension, Point, Space } from "../../../ml/sweep/schema.ts";
import { spaceSchema } from "../../../ml/sweep/schema.ts";
import { scaleOf } from "../../../ml/sweep/space.ts";
import { sobolPoint } from "../../../ml/sweep/sobol-sequence.ts";
import type { Observation } from "../../../ml/sweep/suggest.ts";
import { suggest } from "../../../ml/sweep/suggest.ts";
import { splitTrials } from "../../../ml/sweep/tpe.ts";

interface Goldens {
  sobol: number[][];
  gamma: number[];
  weights: number[][];
  parzen: { name: string; dimension: Dimension; observed: number[]; asked: number[]; logDensity: number[] }[];
  gaussian: Record<"x" | "at", number[][]> &
    Record<"y" | "mean" | "deviation" | "expectedImprovement", number[]> &
    Record<"logLikelihood" | "bestLogLikelihood", number>;
  normal: { x: number[]; cdf: number[]; logTail: number[] };
}
const goldens = JSON.parse(readFileSync("tests/golden/sweep/goldens.json", "utf8")) as Goldens;

const observed = (loss: number | null, state: Observation["state"] = "done", point: Point = {}, epoch = 9): Observation => ({
  point,
  state,
  loss,
  epoch,
});

/** Suggests, tries, learns; the best loss after each trial. */
function minimize(algorithm: Algorithm, space: Space, loss: (point: Point) => number, { seed = 0, trials = 60 } = {}): number[] {
  const history: Observation[] = [];
  const best: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const { point } = suggest({ algorithm, space, history, seed })!;
    history.push(observed(loss(point), "done", point));
    best.push(Math.min(...history.map((one) => one.loss!)));
  }
  return best;
}

describe("Sobol", () => {
  test("is scipy's sequence (Joe and Kuo) in 40 dimensions", () => {
    const points = goldens.sobol.map((_, index) => sobolPoint(index, Array<number>(40).fill(0)));

    expect(points).toEqual(goldens.sobol);
  });

  test("shifted by a seed still puts one point into each of 16 × 16 elementary intervals", () => {
    const cells = Array.from({ length: 256 }, (_, index) =>
      sobolPoint(index, [0.37, 0.81])
        .map((x) => Math.floor(16 * x))
        .join(),
    );

    expect(new Set(cells).size).toBe(256);
  });
});

describe("TPE", () => {
  test.each(goldens.parzen)(
    "has Optuna's density for $name after $observed.length observations",
    ({ dimension, observed: values, asked, logDensity: expected }) => {
      const scale = scaleOf(spaceSchema.parse({ key: dimension })["key"]!);
      const value = (x: number) => (scale.kind === "choice" ? scale.values[x]! : x);

      const estimator = parzenEstimator(scale, values.map(value));

      for (const [index, x] of asked.entries()) expect(logDensity(estimator, scale, value(x))).toBeCloseTo(expected[index]!, 9);
    },
  );

  test("weighs old observations as Optuna does", () => {
    for (const weights of goldens.weights) {
      const values = weights.map(() => 0.5);
      const own = parzenEstimator({ kind: "float", low: 0, high: 1, log: false }, values).weights;
      const total = weights.reduce((sum, weight) => sum + weight, 1);
      expect(own).toHaveLength(weights.length + 1);
      for (const [index, weight] of weights.entries()) expect(own[index]).toBeCloseTo(weight / total, 12);
    }
  });

  test("calls as many good as Optuna does; those under way and the worse ones are bad, failed ones are neither", () => {
    for (const [index, expected] of goldens.gamma.entries()) {
      const history = Array.from({ length: index * 7 }, (_, number) => observed(number));
      expect(splitTrials(history).good).toHaveLength(expected);
    }
    const { good, bad } = splitTrials([
      observed(3),
      observed(null, "failed"),
      observed(1),
      observed(null, "running"),
      observed(0, "pruned", {}, 3),
    ]);
    expect([good.map(({ loss }) => loss), bad.map(({ loss }) => loss)]).toEqual([[1], [3, null, 0]]);
  });

  // One-sided sign test over 20 seeds: 15 of 20 or more by chance have p = 0.021.
  test("beats random search on standard functions: 20 seeds, p < 0.025 each", () => {
    const box = (low: number, high: number, names: string[]) =>
      spaceSchema.parse(Object.fromEntries(names.map((name) => [name, { float: [low, high] }])));
    const numbers = (point: Point) => Object.values(point).map(Number);
    const branin = ([x = 0, y = 0]: number[]) =>
      (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const ackley = (x: number[]) =>
      20 +
      Math.E -
      20 * Math.exp(-0.2 * Math.sqrt(mean(x.map((v) => v * v)))) -
      Math.exp(mean(x.map((v) => Math.cos(2 * Math.PI * v))));
    const functions: [string, Space, (point: Point) => number][] = [
      ["sphere", box(-5, 5, ["a", "b", "c", "d"]), (point) => numbers(point).reduce((sum, x) => sum + x * x, 0)],
      ["Branin", spaceSchema.parse({ x: { float: [-5, 10] }, y: { float: [0, 15] } }), (point) => branin(numbers(point))],
      ["Ackley", box(-5, 5, ["a", "b", "c"]), (point) => ackley(numbers(point))],
    ];
    for (const [name, space, loss] of functions) {
      let wins = 0;
      for (let seed = 0; seed < 20; seed++) {
        const [ours, chance] = (["tpe", "random"] as const).map((algorithm) =>
          minimize(algorithm, space, loss, { seed }).at(-1)!,
        );
        if (ours! < chance!) wins++;
      }
      expect(wins, name).toBeGreaterThanOrEqual(15);
    }
  });

  test("never suggests a point twice, and comes to the end of a finite space", () => {
    const space = spaceSchema.parse({ a: { int: [1, 5] }, b: ["x", "y", "z"] });
    const history: Observation[] = [];
    for (
      let next = suggest({ algorithm: "tpe", space, history, seed: 1 });
      next;
      next = suggest({ algorithm: "tpe", space, history, seed: 1 })
    )
      history.push(observed(Number(next.point["a"]), "done", next.point));

    expect(new Set(history.map(({ point }) => JSON.stringify(point))).size).toBe(15);
    expect(history).toHaveLength(15);
  });
});

describe("the Gaussian process", () => {
  const { x, y, at, mean, deviation, logLikelihood, bestLogLikelihood, expectedImprovement: improvements } = goldens.gaussian;

  test("predicts what scikit-learn's does, and has its likelihood", () => {
    const process = fitGaussianProcess(x, y, [0.5, 1.5]);

    expect(process.logLikelihood).toBeCloseTo(logLikelihood, 8);
    for (const [index, point] of at.entries()) {
      const own = predict(process, point);
      expect(own.mean).toBeCloseTo(mean[index]!, 8);
      expect(own.deviation).toBeCloseTo(deviation[index]!, 6);
      expect(expectedImprovement(Math.min(...y), mean[index]!, deviation[index]!)).toBeCloseTo(improvements[index]!, 10);
    }
  });

  test("finds length scales about as likely as scikit-learn's optimizer does", () => {
    expect(likeliestProcess(x, y).logLikelihood).toBeGreaterThan(bestLogLikelihood - 0.5);
  });

  test("comes closer to a minimum than chance does, with choices and a logarithmic scale", () => {
    const space = spaceSchema.parse({ rate: { float: [1e-5, 1], log: true }, kind: ["a", "b"], size: { int: [1, 64] } });
    const loss = ({ rate, kind, size }: Point) =>
      (Math.log10(Number(rate)) + 3) ** 2 + (kind === "a" ? 0 : 1) + ((Number(size) - 20) / 30) ** 2;
    const runs = (algorithm: Algorithm) =>
      [0, 1, 2, 3, 4].map((seed) => minimize(algorithm, space, loss, { seed, trials: 25 }).at(-1)!);

    const [ours, chance] = [runs("gp"), runs("random")];

    expect(ours.filter((value, seed) => value < chance[seed]!).length).toBeGreaterThanOrEqual(4);
    expect(ours.toSorted((a, b) => a - b)[2]).toBeLessThan(0.05);
  });

  test("says what it expects of the point it chose", () => {
    const space = spaceSchema.parse({ a: { float: [0, 1] } });
    const history = [0.1, 0.4, 0.9].map((a) => observed((a - 0.5) ** 2, "done", { a }));

    const suggestion = bayesianPoint({ space, history, seed: 0 }, new Set())!;

    expect(suggestion.explanation.numbers).toMatchObject({
      bestLoss: expect.any(Number),
      expectedImprovement: expect.any(Number),
    });
    expect(Number(suggestion.point["a"])).toBeCloseTo(0.5, 0);
  });
});

test.each(["grid", "random", "sobol", "tpe", "gp"] as const)(
  "%s suggests the same again for the same history and seed, and another seed gives others",
  (algorithm) => {
    const space = spaceSchema.parse({ a: { float: [0, 1], step: 1e-6 }, b: { choice: [1, 2, 3], when: { a: [0, 0.5] } } });
    const history = Array.from({ length: 15 }, (_, index) => observed(Math.sin(index), "done", { a: index / 16 }));
    const ask = (seed: number) => suggest({ algorithm, space, history, seed });

    expect(ask(1)).toEqual(ask(1));
    expect(JSON.stringify(ask(1)) === JSON.stringify(ask(2))).toBe(algorithm === "grid");
  },
);

test("the normal distribution is scipy's, far into both tails", () => {
  for (const [index, x] of goldens.normal.x.entries()) {
    expect(Math.abs(normalCdf(x) - goldens.normal.cdf[index]!)).toBeLessThan(1e-15 + 1e-13 * goldens.normal.cdf[index]!);
    expect(Math.log(normalCdf(-x))).toBeCloseTo(goldens.normal.logTail[index]!, 9);
  }
});

import { randomStream } from "../random.ts";
import { normalCdf, normalDensity } from "../stats/normal.ts";
import type { GaussianProcess } from "./gaussian-process.ts";
import { likeliestProcess, predict } from "./gaussian-process.ts";
import type { Point, Space } from "./schema.ts";
import { indexOfChoice, orderedKeys, pointFrom, pointKey, scaleOf, unitOf, valueFromUnit } from "./space.ts";
import type { Observation, Suggestion, SuggestQuestion } from "./suggest.ts";

const candidates = 512;
const neighbors = 128;
/** Beyond this the process is fitted to the best and the newest alone: its cost grows with the cube. */
const fittedTrials = 150;

/**
 * Bayesian optimization: a Gaussian process over what is known, and of many points the one with the largest expected improvement. Trials under way
 * count with the value the process expects of them.
 *
 * @returns null where only points were found that have been tried
 * @see Jones, Schonlau and Welch 1998, equation 15; Ginsbourger, Le Riche and Carraro 2010 for trials under way ("kriging believer")
 */
export function bayesianPoint(
  { space, history, seed }: Omit<SuggestQuestion, "algorithm">,
  seen: ReadonlySet<string>,
): Suggestion | null {
  const known = kept(history.filter((trial): trial is Observation & { loss: number } => trial.loss !== null));
  const best = known.toSorted((a, b) => a.loss - b.loss)[0]!;
  const process = withRunning(
    space,
    known,
    history.filter(({ state }) => state === "running"),
  );
  const random = randomStream(seed, "sweep", "gp", history.length);
  const anywhere = Array.from({ length: candidates }, () => pointFrom(space, (_, scale) => valueFromUnit(scale, random())));
  const nearby = Array.from({ length: neighbors }, () => nearTo(space, best.point, random));
  let chosen: { point: Point; improvement: number; mean: number; deviation: number } | null = null;
  for (const point of [...anywhere, ...nearby]) {
    if (seen.has(pointKey(point))) continue;
    const { mean, deviation } = predict(process, coordinatesOf(space, point));
    const improvement = expectedImprovement(best.loss, mean, deviation);
    if (chosen === null || improvement > chosen.improvement) chosen = { point, improvement, mean, deviation };
  }
  if (chosen === null) return null;
  const { point, improvement, mean, deviation } = chosen;
  const numbers = { expectedLoss: mean, deviation, expectedImprovement: improvement, bestLoss: best.loss };
  return { point, explanation: { text: "where a Gaussian process expects the largest improvement", numbers } };
}

/** How much less than the best loss a normally distributed one is expected to be, where it is less. */
export function expectedImprovement(best: number, mean: number, deviation: number): number {
  if (deviation <= 0) return Math.max(best - mean, 0);
  const z = (best - mean) / deviation;
  return (best - mean) * normalCdf(z) + deviation * normalDensity(z);
}

function kept<Known extends { loss: number }>(known: readonly Known[]): readonly Known[] {
  if (known.length <= fittedTrials) return known;
  const half = fittedTrials / 2;
  return [...new Set([...known.toSorted((a, b) => a.loss - b.loss).slice(0, half), ...known.slice(-half)])];
}

function withRunning(
  space: Space,
  known: readonly (Observation & { loss: number })[],
  running: readonly Observation[],
): GaussianProcess {
  const x = known.map(({ point }) => coordinatesOf(space, point));
  const values = known.map(({ loss }) => loss);
  const process = likeliestProcess(x, values);
  if (running.length === 0) return process;
  const expected = running.map(({ point }) => coordinatesOf(space, point));
  return likeliestProcess([...x, ...expected], [...values, ...expected.map((at) => predict(process, at).mean)]);
}

/** A point as coordinates in the unit cube: one a number, one a value of a choice. Keys without a value stand in the middle. */
export function coordinatesOf(space: Space, point: Point): number[] {
  return orderedKeys(space).flatMap((key) => {
    const scale = scaleOf(space[key]!);
    const value = point[key];
    if (scale.kind !== "choice") return [value === undefined ? 0.5 : unitOf(scale, value)];
    return scale.values.map((_, index) => (value !== undefined && indexOfChoice(scale.values, value) === index ? 1 : 0));
  });
}

/** The same point with some of its keys moved a little, or a choice changed. */
function nearTo(space: Space, point: Point, random: () => number): Point {
  return pointFrom(space, (key, scale) => {
    const value = point[key];
    if (value === undefined || random() < 0.2) return valueFromUnit(scale, random());
    if (scale.kind === "choice") return value;
    const step = 0.1 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return valueFromUnit(scale, unitOf(scale, value) + step);
  });
}

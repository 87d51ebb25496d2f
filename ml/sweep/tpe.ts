import type { Random } from "../random.ts";
import { randomStream } from "../random.ts";
import { drawFrom, logDensity, parzenEstimator } from "./parzen.ts";
import type { Json } from "./schema.ts";
import { pointFrom, pointKey, type Scale } from "./space.ts";
import type { Observation, Suggestion, SuggestQuestion } from "./suggest.ts";

/** Trials made before anything can be learned from them. */
export const startupTrials = 10;
const candidates = 24;
const redraws = 20;

/**
 * The tree-structured Parzen estimator, key by key: of values drawn where good trials are dense, the one at which they are densest compared with
 * the others. Trials under way count as bad, so that several trainers do not try the same.
 *
 * @returns null where only points were found that have been tried
 * @see Bergstra et al. 2011, section 4; Optuna's TPESampler with its defaults
 */
export function tpePoint(
  { space, history, seed }: Omit<SuggestQuestion, "algorithm">,
  seen: ReadonlySet<string>,
): Suggestion | null {
  const { good, bad } = splitTrials(history);
  for (let draw = 0; draw < redraws; draw++) {
    const random = randomStream(seed, "sweep", "tpe", history.length, draw);
    const gains: Record<string, number> = {};
    const point = pointFrom(space, (key, scale) => {
      const { value, gain } = bestCandidate(scale, valuesOf(key, good), valuesOf(key, bad), random);
      gains[key] = gain;
      return value;
    });
    if (seen.has(pointKey(point))) continue;
    const numbers = { goodTrials: good.length, otherTrials: bad.length, logDensityRatio: gains };
    return {
      point,
      explanation: {
        text: `where the best ${good.length} of ${history.length} trials are densest compared with the others`,
        numbers,
      },
    };
  }
  return null;
}

/**
 * The best tenth of the trials that have ended, at most 25, and the others; each in the order they were made.
 * Those pruned come after those done: the longer trained before, then by value.
 */
export function splitTrials(history: readonly Observation[]): { good: Observation[]; bad: Observation[] } {
  const usable = history.filter(({ state }) => state !== "failed");
  const ended = usable.filter(({ loss, state }) => loss !== null && state !== "running");
  const ranked = ended.toSorted(
    (a, b) => Number(a.state === "pruned") - Number(b.state === "pruned") || byPruning(a, b) || a.loss! - b.loss!,
  );
  const good = new Set(ranked.slice(0, Math.min(Math.ceil(0.1 * ended.length), 25)));
  return { good: usable.filter((trial) => good.has(trial)), bad: usable.filter((trial) => !good.has(trial)) };
}

function byPruning(a: Observation, b: Observation): number {
  return a.state === "pruned" && b.state === "pruned" ? b.epoch - a.epoch : 0;
}

function bestCandidate(scale: Scale, good: readonly Json[], bad: readonly Json[], random: Random): { value: Json; gain: number } {
  const [dense, sparse] = [parzenEstimator(scale, good), parzenEstimator(scale, bad)];
  let best: { value: Json; gain: number } | null = null;
  for (let candidate = 0; candidate < candidates; candidate++) {
    const value = drawFrom(dense, scale, random);
    const gain = logDensity(dense, scale, value) - logDensity(sparse, scale, value);
    if (best === null || gain > best.gain) best = { value, gain };
  }
  return best!;
}

function valuesOf(key: string, trials: readonly Observation[]): Json[] {
  return trials.flatMap(({ point }) => (point[key] === undefined ? [] : [point[key]]));
}

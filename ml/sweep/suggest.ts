import { randomStream } from "../random.ts";
import { bayesianPoint } from "./bayesian.ts";
import { gridPoint } from "./grid.ts";
import type { Algorithm, Explanation, Point, Space } from "./schema.ts";
import { sobolSuggestion } from "./sobol.ts";
import { startupTrials, tpePoint } from "./tpe.ts";
import { allPoints, pointFrom, pointKey, valueFromUnit } from "./space.ts";

/** A point that was tried, and what came of it: small is good. */
export interface Observation {
  point: Point;
  state: "done" | "pruned" | "running" | "failed";
  /** Null where it is not known: the training runs still, or failed. */
  loss: number | null;
  /** Epochs after which it is the loss. */
  epoch: number;
}

export interface SuggestQuestion {
  algorithm: Algorithm;
  space: Space;
  /** Every point suggested before, in their order. */
  history: readonly Observation[];
  seed: number;
}

export interface Suggestion {
  point: Point;
  explanation: Explanation;
}

/** So many points of a space are looked through for those that are left. */
const listedPoints = 100_000;
const redraws = 100;

/**
 * The next point to try: a pure function of space, history and seed. No point is suggested twice.
 * @returns null where every point of the space was suggested
 */
export function suggest(question: SuggestQuestion): Suggestion | null {
  const seen = new Set(question.history.map(({ point }) => pointKey(point)));
  if (question.algorithm === "grid") return gridPoint(question.space, seen);
  return informedPoint(question, seen) ?? randomPoint(question, seen);
}

/** What the algorithm itself suggests; null where it has nothing to go by yet, or finds nothing new. */
function informedPoint(question: SuggestQuestion, seen: ReadonlySet<string>): Suggestion | null {
  const { algorithm, history } = question;
  const known = history.filter(({ loss }) => loss !== null).length;
  if (algorithm === "sobol" || (algorithm === "gp" && known < startupTrials)) return sobolSuggestion(question, seen);
  if (known < startupTrials) return null;
  if (algorithm === "tpe") return tpePoint(question, seen);
  return algorithm === "gp" ? bayesianPoint(question, seen) : null;
}

/** By chance among the points not seen: drawn anew until one is new; where that is not found soon, from a list of those left. */
export function randomPoint(
  { space, history, seed }: Omit<SuggestQuestion, "algorithm">,
  seen: ReadonlySet<string>,
): Suggestion | null {
  const explanation = { text: "drawn by chance, every value of a range as likely as any other", numbers: {} };
  for (let draw = 0; draw < redraws; draw++) {
    const random = randomStream(seed, "sweep", "random", history.length, draw);
    const point = pointFrom(space, (_, scale) => valueFromUnit(scale, random()));
    if (!seen.has(pointKey(point))) return { point, explanation };
  }
  const left = pointsLeft(space, seen);
  if (left.length === 0) return null;
  const random = randomStream(seed, "sweep", "random", history.length);
  const point = left[Math.floor(random() * left.length)]!;
  return { point, explanation: { ...explanation, numbers: { pointsLeft: left.length } } };
}

/** The points not seen of a finite space, of its first many; none of a space that is not finite. */
function pointsLeft(space: Space, seen: ReadonlySet<string>): Point[] {
  const left: Point[] = [];
  let count = 0;
  for (const point of allPoints(space)) {
    if (++count > listedPoints) break;
    if (!seen.has(pointKey(point))) left.push(point);
  }
  return left;
}

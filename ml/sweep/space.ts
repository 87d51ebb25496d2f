import { canonicalJson } from "../canonical-json.ts";
import type { Dimension, Json, Point, Space } from "./schema.ts";

/** A dimension as the algorithms see it: a number of equally likely values, or an interval. */
export type Scale =
  | { kind: "choice"; values: readonly Json[] }
  /** `low + index * step` for index 0 … count - 1. */
  | { kind: "steps"; low: number; step: number; count: number }
  /** Whole numbers on a logarithmic scale. */
  | { kind: "logInt"; low: number; high: number }
  | { kind: "float"; low: number; high: number; log: boolean };

export function scaleOf(dimension: Dimension): Scale {
  if ("choice" in dimension) return { kind: "choice", values: dimension.choice };
  if ("int" in dimension) {
    const [low, high] = dimension.int;
    if (dimension.log) return { kind: "logInt", low, high };
    return { kind: "steps", low, step: dimension.step, count: Math.floor((high - low) / dimension.step) + 1 };
  }
  const [low, high] = dimension.float;
  const { step, log } = dimension;
  if (step === undefined) return { kind: "float", low, high, log };
  // A range of 0 to 0.3 by 0.1 has four values, although 0.3 / 0.1 is less than 3 in binary.
  return { kind: "steps", low, step, count: Math.floor((high - low) / step + 1e-9) + 1 };
}

/** How many values there are; Infinity for an interval of numbers. */
export function valueCount(scale: Scale): number {
  if (scale.kind === "choice") return scale.values.length;
  if (scale.kind === "steps") return scale.count;
  if (scale.kind === "logInt") return scale.high - scale.low + 1;
  return scale.low === scale.high ? 1 : Infinity;
}

export function valueAt(scale: Exclude<Scale, { kind: "float" }>, index: number): Json {
  if (scale.kind === "choice") return scale.values[index]!;
  if (scale.kind === "logInt") return scale.low + index;
  return rounded(scale.low + index * scale.step);
}

/**
 * The value that a share of the scale stands for; equal shares for equally likely values.
 * @param unit in [0, 1]
 */
export function valueFromUnit(scale: Scale, unit: number): Json {
  const share = Math.min(Math.max(unit, 0), 1);
  if (scale.kind === "choice" || scale.kind === "steps") {
    const count = valueCount(scale);
    return valueAt(scale, Math.min(Math.floor(share * count), count - 1));
  }
  const { low, high } = scale;
  if (scale.kind === "logInt") {
    const [from, to] = [Math.log(low - 0.5), Math.log(high + 0.5)];
    return Math.min(Math.max(Math.round(Math.exp(from + share * (to - from))), low), high);
  }
  if (!scale.log) return low + share * (high - low);
  return Math.min(Math.max(Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low))), low), high);
}

/** Where a value stands on its scale, the middle of its share; the inverse of {@link valueFromUnit}. */
export function unitOf(scale: Scale, value: Json): number {
  if (scale.kind === "choice") return (indexOfChoice(scale.values, value) + 0.5) / scale.values.length;
  const number = Number(value);
  if (scale.kind === "steps") return (Math.round((number - scale.low) / scale.step) + 0.5) / scale.count;
  if (scale.kind === "logInt") {
    const [from, to] = [Math.log(scale.low - 0.5), Math.log(scale.high + 0.5)];
    return (Math.log(number) - from) / (to - from);
  }
  const { low, high } = scale;
  if (low === high) return 0.5;
  return scale.log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
}

export function indexOfChoice(values: readonly Json[], value: Json): number {
  const text = canonicalJson(value);
  return values.findIndex((other) => canonicalJson(other) === text);
}

/** Keys in an order in which a condition's key comes before the keys that depend on it. */
export function orderedKeys(space: Space): string[] {
  const ordered: string[] = [];
  const visit = (key: string, path: readonly string[]) => {
    if (ordered.includes(key)) return;
    if (path.includes(key)) throw new RangeError(`sweep.space: the conditions of ${[...path, key].join(" → ")} go in a circle`);
    for (const parent of Object.keys(conditionsOf(space[key]!))) if (space[parent]) visit(parent, [...path, key]);
    ordered.push(key);
  };
  for (const key of Object.keys(space)) visit(key, []);
  return ordered;
}

/** Whether a key has a value, given the values of the keys before it. */
export function isActive(dimension: Dimension, point: Point): boolean {
  return Object.entries(conditionsOf(dimension)).every(([key, wanted]) => {
    const value = point[key];
    if (value === undefined) return false;
    return indexOfChoice(Array.isArray(wanted) ? wanted : [wanted], value) >= 0;
  });
}

/** Builds a point key by key; keys whose condition does not hold get none. */
export function pointFrom(space: Space, valueOf: (key: string, scale: Scale) => Json): Point {
  const point: Point = {};
  for (const key of orderedKeys(space)) {
    const dimension = space[key]!;
    if (isActive(dimension, point)) point[key] = valueOf(key, scaleOf(dimension));
  }
  return point;
}

/** Every point of a finite space, the last key's values changing first. Nothing for a space with an interval. */
export function* allPoints(space: Space): Generator<Point> {
  if (Object.values(space).some((dimension) => valueCount(scaleOf(dimension)) === Infinity)) return;
  yield* pointsFrom(space, orderedKeys(space), {});
}

function* pointsFrom(space: Space, [key, ...rest]: readonly string[], point: Point): Generator<Point> {
  if (key === undefined) return yield point;
  const dimension = space[key]!;
  const scale = scaleOf(dimension);
  if (!isActive(dimension, point)) return yield* pointsFrom(space, rest, point);
  for (let index = 0; index < valueCount(scale); index++) {
    const value = scale.kind === "float" ? scale.low : valueAt(scale, index);
    yield* pointsFrom(space, rest, { ...point, [key]: value });
  }
}

/** Equal for equal points. */
export function pointKey(point: Point): string {
  return canonicalJson(point);
}

function conditionsOf(dimension: Dimension): Readonly<Record<string, Json | Json[]>> {
  return ("when" in dimension ? dimension.when : undefined) ?? {};
}

/** Steps of decimal numbers as they are written: 0.1 + 2 × 0.1 is 0.3. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

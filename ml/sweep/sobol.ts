import { hashUnit } from "../random.ts";
import { orderedKeys, pointFrom, pointKey, valueFromUnit } from "./space.ts";
import { sobolDimensions, sobolPoint } from "./sobol-sequence.ts";
import type { Suggestion, SuggestQuestion } from "./suggest.ts";

const looks = 1000;

/** The next point of a Sobol sequence over the space, shifted by the seed, that was not tried; keys beyond 40 share dimensions. */
export function sobolSuggestion(
  { space, history, seed }: Omit<SuggestQuestion, "algorithm">,
  seen: ReadonlySet<string>,
): Suggestion | null {
  const keys = orderedKeys(space);
  const shift = keys.slice(0, sobolDimensions).map((_, dimension) => hashUnit(seed, "sweep", "sobol", dimension));
  for (let index = history.length; index < history.length + looks; index++) {
    const coordinates = sobolPoint(index, shift);
    const point = pointFrom(space, (key, scale) => valueFromUnit(scale, coordinates[keys.indexOf(key) % sobolDimensions]!));
    if (!seen.has(pointKey(point)))
      return { point, explanation: { text: `point ${index + 1} of a Sobol sequence`, numbers: { index } } };
  }
  return null;
}

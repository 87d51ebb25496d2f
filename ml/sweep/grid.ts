import type { Space } from "./schema.ts";
import type { Suggestion } from "./suggest.ts";
import { allPoints, pointKey } from "./space.ts";

/** The first point of the grid that was not tried; the last key's values change first. Null where all were. */
export function gridPoint(space: Space, seen: ReadonlySet<string>): Suggestion | null {
  let number = 0;
  for (const point of allPoints(space)) {
    number++;
    if (!seen.has(pointKey(point))) return { point, explanation: { text: `point ${number} of the grid`, numbers: { number } } };
  }
  return null;
}

/** One thing in which two values differ, by its dotted name. */
export interface Difference {
  key: string;
  a: unknown;
  b: unknown;
}

/** The leaves in which two JSON values differ, by dotted name; what one of them lacks is undefined there. */
export function differences(a: unknown, b: unknown): Difference[] {
  const [left, right] = [leaves(a), leaves(b)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((key) => JSON.stringify(left.get(key)) !== JSON.stringify(right.get(key)))
    .map((key) => ({ key, a: left.get(key), b: right.get(key) }));
}

/** Everything in a JSON value that holds nothing itself, by dotted name: `optimizer.name`, `layers.0`. */
export function leaves(value: unknown, key = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map([[key, value]]);
  const below = Object.entries(value).flatMap(([name, child]) => [...leaves(child, key === "" ? name : `${key}.${name}`)]);
  return new Map(below);
}

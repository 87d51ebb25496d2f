import type { Dataset, Samples } from "../ingest/schema.ts";
import type { CheckFacts, Finding } from "./rule.ts";

/** Words with more values than this are names: they differ between parts by nature. */
const wordLimit = 50;

/** The validation or test part that a source gives, beside its train part. */
export interface GivenPart {
  name: "validation" | "test";
  rows: number[];
  train: number[];
}

/** None where the source gives no train part. */
export function givenParts({ part }: Pick<Samples, "part">): GivenPart[] {
  const rowsOf = (name: string) => [...part.keys()].filter((row) => part[row] === name);
  const train = rowsOf("train");
  return (["validation", "test"] as const)
    .map((name) => ({ name, rows: rowsOf(name), train }))
    .filter(({ rows }) => rows.length > 0 && train.length > 0);
}

/**
 * The largest of all distances between the given train part and another.
 * @param distances by name of what is compared; null where it cannot be told
 * @param alike what is said where nothing differs
 */
export function largestDrift(
  samples: Pick<Samples, "part">,
  distances: (part: GivenPart) => Readonly<Record<string, number | null>>,
  { threshold, alike }: { threshold: number; alike: string },
): Finding {
  let [value, message] = [0, alike];
  for (const part of givenParts(samples)) {
    for (const [name, distance] of Object.entries(distances(part))) {
      if (distance === null || distance <= value) continue;
      [value, message] = [distance, `${name} of train and ${part.name} differ most, by ${distance.toFixed(3)}`];
    }
  }
  return { value, beyond: value > threshold, message, rows: [] };
}

interface ComparableColumn {
  name: string;
  type: Dataset["columns"][number]["type"];
  values: readonly (string | number | null)[];
}

/** Columns of numbers, and of words that are categories. */
export function comparableColumns({
  samples,
  dataset: { columns },
}: Pick<CheckFacts, "samples" | "dataset">): ComparableColumn[] {
  return columns
    .map(({ name, type }) => ({ name, type, values: samples.columns[name] ?? [] }))
    .filter(({ type, values }) => type === "number" || new Set(values).size <= wordLimit);
}

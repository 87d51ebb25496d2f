import { availableParallelism, cpus } from "node:os";

/** One comparison. `ratio` = measured / `versus`, the median over all repetitions, with the smallest and the largest. */
export interface BenchRow {
  case: string;
  versus: string;
  ratio: number;
  min: number;
  max: number;
  /** The ratio that must not be exceeded, or where it is of speeds must be reached. */
  goal: number;
  met: boolean;
}

/** Makes a row of the ratios of all repetitions; the median is held to the goal. */
export function benchRow(what: { case: string; versus: string; goal: number }, ratios: readonly number[]): BenchRow {
  const { median, min, max } = spread(ratios);
  return {
    case: what.case,
    versus: what.versus,
    ratio: round(median),
    min: round(min),
    max: round(max),
    goal: what.goal,
    met: median <= what.goal,
  };
}

/** As {@link benchRow}, where a ratio says how many times as fast and has to be reached. */
export function speedRow(what: { case: string; versus: string; goal: number }, ratios: readonly number[]): BenchRow {
  const row = benchRow(what, ratios);
  return { ...row, met: spread(ratios).median >= what.goal };
}

/** @throws {Error} where there are no values */
export function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [min, upper, lower, max] = [sorted[0], sorted[middle], sorted[sorted.length % 2 ? middle : middle - 1], sorted.at(-1)];
  if (min === undefined || upper === undefined || lower === undefined || max === undefined) throw new Error("No values");
  return { min, median: (upper + lower) / 2, max };
}

/** Alone on stdout as JSON, or as tables for people; `details` are only for these. The exit code says whether all goals are met. */
export function reportBench(bench: { name: string; rows: readonly BenchRow[] }, details: unknown, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(bench)}\n`);
  else {
    console.table(details);
    console.table(bench.rows);
    console.log(`${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.version}`);
  }
  process.exitCode = bench.rows.every(({ met }) => met) ? 0 : 1;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

import { sliceNames } from "../evaluate/slice-scores.ts";
import type { Random } from "../random.ts";
import { holmAdjusted } from "../stats/holm.ts";
import type { PairedAnswers } from "./paired-difference.ts";
import { groupCounts, pairedDifference } from "./paired-difference.ts";
import type { SliceVerdict } from "./schema.ts";

/** Fewer say nothing of a slice. */
const [leastGroups, leastGroupsOfClass] = [30, 10];
const level = 0.05;

type Columns = Readonly<Record<string, readonly (string | number | null)[]>>;

/**
 * Whether the challenger is worse than the champion, by more than the margin, on the rows with one value of a column. Holm's correction over
 * all slices that can be judged: among many slices some look worse by chance alone.
 *
 * @param columns the user's columns of the test rows
 */
export function judgeSlices(
  answers: PairedAnswers,
  columns: Columns,
  { margin, random }: { margin: number; random: Random },
): SliceVerdict[] {
  const slices = Object.entries(columns).flatMap(([column, values]) => {
    const names = sliceNames(values) ?? [];
    return [...new Set(names)].sort().map((value) => ({ column, value, answers: pick(answers, names, value) }));
  });
  const judged = slices.map(({ column, value, answers: own }) => {
    const counts = groupCounts(own);
    const groups = counts.reduce((sum, count) => sum + count, 0);
    const about = { column, value, rows: own.truth.length, groups };
    if (groups < leastGroups || counts.some((count) => count < leastGroupsOfClass)) return { about, p: null, difference: null };
    const { draws, ...difference } = pairedDifference(own, random);
    return { about, p: (1 + countFrom(draws, -margin)) / (1 + draws.length), difference };
  });
  const adjusted = holmAdjusted(judged.flatMap(({ p }) => (p === null ? [] : [p])));
  let next = 0;
  return judged.map(({ about, p, difference }) => {
    if (p === null) return { ...about, difference: null, p: null, verdict: "too few to judge" };
    const value = adjusted[next++]!;
    return { ...about, difference, p: value, verdict: value < level ? "worse" : "not worse" };
  });
}

function pick(answers: PairedAnswers, names: readonly string[], wanted: string): PairedAnswers {
  const rows = [...names.keys()].filter((row) => names[row] === wanted);
  const at = (values: Int32Array) => Int32Array.from(rows, (row) => values[row]!);
  return {
    truth: at(answers.truth),
    challenger: at(answers.challenger),
    champion: at(answers.champion),
    classCount: answers.classCount,
    groups: answers.groups && rows.map((row) => answers.groups?.[row] ?? ""),
  };
}

/** How many of the ascending values are at least `least`. */
function countFrom(values: Float64Array, least: number): number {
  const first = values.findIndex((value) => value >= least);
  return first < 0 ? 0 : values.length - first;
}

import { quantile } from "../stats/quantile.ts";
import { countScores, meanPresent } from "./precision-recall.ts";
import { confusionMatrix } from "./confusion-matrix.ts";

/** How well the rows with one value of a column are answered. */
export interface SliceScore {
  column: string;
  value: string;
  rows: number;
  accuracy: number;
  /** 95 % interval of the accuracy. */
  interval: [number, number];
  /** Over the classes that the slice has. */
  balancedAccuracy: number | null;
  /** The whole interval lies below the accuracy of all rows. */
  isWorse: boolean;
}

export interface SlicedAnswers {
  /** Class codes; shape [rows]. */
  truths: Int32Array;
  predictions: Int32Array;
  classCount: number;
  /** The user's columns of those rows; null = missing. */
  columns: Readonly<Record<string, readonly (string | number | null)[]>>;
}

/** Smaller slices say nothing; columns with more values are names. */
const [leastRows, valueLimit] = [20, 20];

/**
 * Scores by the values of each column, the worst first: where a model fails although it does well on the whole. Numbers of many values are cut
 * at their quartiles; missing values are a slice of their own. Rows are taken as independent, so intervals are a little narrow where rows come
 * in groups.
 */
export function sliceScores(answers: SlicedAnswers): SliceScore[] {
  const { truths, predictions, columns } = answers;
  const all = Array.from(truths, (_, row) => row);
  const overall = all.filter((row) => truths[row] === predictions[row]).length / Math.max(1, all.length);
  const slices = Object.entries(columns).flatMap(([column, values]) => {
    const names = sliceNames(values);
    if (names === null) return [];
    return [...new Set(names)].flatMap((value) => {
      const rows = all.filter((row) => names[row] === value);
      return rows.length < leastRows ? [] : [{ column, value, ...score(answers, rows, overall) }];
    });
  });
  return slices.sort((a, b) => Number(b.isWorse) - Number(a.isWorse) || a.accuracy - b.accuracy || b.rows - a.rows);
}

/** Wilson's interval of a share, 95 %: sound for few rows and shares near 0 or 1. @see Wilson 1927, "Probable inference" */
export function wilsonInterval(hits: number, count: number): [number, number] {
  const z = 1.959963984540054;
  const share = hits / count;
  const center = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

function score({ truths, predictions, classCount }: SlicedAnswers, rows: readonly number[], overall: number) {
  const [own, answers] = [rows.map((row) => truths[row]!), rows.map((row) => predictions[row]!)];
  const hits = own.filter((truth, i) => truth === answers[i]).length;
  const interval = wilsonInterval(hits, rows.length);
  return {
    rows: rows.length,
    accuracy: hits / rows.length,
    interval,
    balancedAccuracy: meanPresent(countScores(confusionMatrix(own, answers, classCount)).map(({ recall }) => recall)),
    isWorse: interval[1] < overall,
  };
}

/** The slice of each row; null where a column has one value only, or too many. */
export function sliceNames(values: readonly (string | number | null)[]): string[] | null {
  const present = values.filter((value) => value !== null);
  const unique = new Set(present);
  const isMany = unique.size > valueLimit;
  if (unique.size < 2 || (isMany && typeof present[0] === "string")) return null;
  if (!isMany) return values.map((value) => (value === null ? "(missing)" : String(value)));
  const sorted = Float64Array.from(present.map(Number)).sort();
  const cuts = [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share));
  return values.map((value) => (value === null ? "(missing)" : quarterOf(Number(value), cuts)));
}

function quarterOf(value: number, cuts: readonly number[]): string {
  const quarter = [1, 2, 3].find((i) => value < cuts[i]!) ?? 4;
  const [low, high] = [cuts[quarter - 1]!, cuts[quarter]!].map((cut) => Number(cut.toPrecision(4)));
  return quarter === 4 ? `${low} to ${high}` : `${low} to below ${high}`;
}

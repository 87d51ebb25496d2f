import type { RunComparison } from "../client/compare-runs.ts";
import type { Difference } from "../ml/differences.ts";
import type { OutputComparison, RunVerdict, StageVerdict } from "../ml/run/verdict.ts";
import { quantity } from "./format.ts";
import type { Column } from "./table.ts";
import type { Colors } from "./terminal.ts";

const words: Record<StageVerdict["verdict"], string> = {
  bitIdentical: "bit-identical",
  withinTolerance: "within tolerance",
  diverged: "diverged",
  notCompared: "not compared",
};

export function verdictText({ verdict, firstDifference }: RunVerdict, colors: Colors): string {
  const paint = { bitIdentical: colors.green, withinTolerance: colors.yellow, diverged: colors.red }[verdict];
  return `${paint(words[verdict])}${firstDifference === null ? "" : `; the first stage that differs is ${firstDifference}`}`;
}

export function verdictColumns(colors: Colors): Column<StageVerdict>[] {
  const paint = { bitIdentical: colors.green, withinTolerance: colors.yellow, diverged: colors.red, notCompared: colors.dim };
  return [
    { title: "STAGE", cell: ({ stage }) => stage },
    { title: "VERDICT", cell: ({ verdict }) => paint[verdict](words[verdict]), exact: ({ verdict }) => words[verdict] },
    { title: "WHAT DIFFERS", cell: ({ reason, differences }) => reason ?? differences.map(differenceText).join("; "), rank: 1 },
  ];
}

/** Which value lies furthest from what it was, and how far, by the tolerance. */
function differenceText({ output, values, differing, worst }: OutputComparison): string {
  const count = values > 1 ? `${quantity(differing)} of ${quantity(values)} values differ` : "differs";
  if (worst === null) return `${output}: ${count}`;
  const { where, expected, found, difference, share } = worst;
  const place = where === output ? "" : ` in ${where}`;
  if (difference === null || share === null) return `${output}: ${count}${place}: ${shown(expected)}, now ${shown(found)}`;
  return `${output}: ${count}, at most by ${digits(difference)}${place} (${digits(share)} of what is allowed): ${shown(expected)}, now ${shown(found)}`;
}

function digits(value: number): string {
  return value.toPrecision(2);
}

/** What differs beside the results, in the order in which one would look for a cause; empty where nothing does. */
export function causes({ parameters, data, code, environment }: RunComparison): Difference[] {
  const named = (prefix: string, found: readonly Difference[]) => found.map((one) => ({ ...one, key: `${prefix}${one.key}` }));
  const [before, after] = code.builds;
  const isOtherCode = code.stages.length > 0;
  return [
    ...named("environment ", environment),
    ...(before === after ? [] : [{ key: "code build", a: before, b: after }]),
    ...(isOtherCode ? [{ key: "code of stages", a: undefined, b: code.stages.join(", ") }] : []),
    ...named("package ", code.packages ?? []),
    ...(code.packages === null ? [{ key: "packages", a: "unknown", b: "unknown: a build is gone from the store" }] : []),
    ...(data.isSame ? [] : [{ key: "data", a: undefined, b: filesText(data.files) }]),
    ...named("parameter ", parameters),
  ];
}

function filesText(files: RunComparison["data"]["files"]): string {
  if (files === null) return "unknown: a list of files is gone from the store";
  const parts = (["added", "removed", "changed"] as const).flatMap((kind) =>
    files[kind].length === 0 ? [] : [`${quantity(files[kind].length)} ${kind} (${few(files[kind])})`],
  );
  return parts.length === 0 ? "the same files, read from elsewhere" : parts.join(", ");
}

function few(paths: readonly string[]): string {
  return paths.length <= 3 ? paths.join(", ") : `${paths.slice(0, 3).join(", ")} …`;
}

export function differenceColumns(title: string, [a, b]: readonly [string, string]): Column<Difference>[] {
  return [
    { title, cell: ({ key }) => key },
    { title: a.toUpperCase(), cell: (row) => shown(row.a, 40), exact: (row) => shown(row.a) },
    { title: b.toUpperCase(), cell: (row) => shown(row.b, 60), exact: (row) => shown(row.b) },
  ];
}

function shown(value: unknown, longest = Number.POSITIVE_INFINITY): string {
  const text = value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

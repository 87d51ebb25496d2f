import type { ArtifactRef } from "../ml/artifact.ts";
import { artifactRefSchema, mediaTypes } from "../ml/artifact.ts";
import { leaves } from "../ml/differences.ts";
import { ArtifactCorrupt } from "../ml/errors.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import type { StageRecord } from "../ml/run/schema.ts";
import type { Comparison, WorstValue } from "../ml/run/tolerance.ts";
import { compareLeaves, compareNumbers, mergeComparisons } from "../ml/run/tolerance.ts";
import type { OutputComparison } from "../ml/run/verdict.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { float32Values } from "../storage/checkpoint-bytes.ts";
import { decodeNpy } from "../storage/npy.ts";
import { decodeTable } from "../storage/tables.ts";

const nothing: Comparison = { values: 0, differing: 0, worst: null };

/** Pages and pictures show what is compared elsewhere, and name the run they belong to. */
const shownOnly: readonly string[] = [mediaTypes.html, mediaTypes.markdown, mediaTypes.png];

/** Where data was fetched from elsewhere, what it was like: the reproduction reads it by content. */
const inputOnly: readonly string[] = ["source"];

/**
 * Compares what a stage handed on in two runs: by hash, and where that differs, by value. Bytes that are gone count as different, for
 * nobody can say how far.
 */
export async function compareOutputs(
  artifacts: ArtifactStore,
  expected: StageRecord,
  found: StageRecord,
): Promise<OutputComparison[]> {
  const compared: OutputComparison[] = [];
  for (const output of new Set([...Object.keys(expected.outputs), ...Object.keys(found.outputs)])) {
    const [left, right] = [expected.outputs[output], found.outputs[output]];
    if (shownOnly.includes((left ?? right)?.mediaType ?? "") || inputOnly.includes(output)) continue;
    compared.push({ output, ...(await compareOutput(output, left, right, { artifacts, model: expected.outputs["model"] })) });
  }
  return compared;
}

interface Context {
  artifacts: ArtifactStore;
  /** Says which stretch of the weights' bytes is which tensor. */
  model: ArtifactRef | undefined;
}

async function compareOutput(
  output: string,
  left: ArtifactRef | undefined,
  right: ArtifactRef | undefined,
  { artifacts, model }: Context,
): Promise<Comparison> {
  if (!left || !right) return unlike(output, left ? "there" : "absent", right ? "there" : "absent");
  if (left.sha256 === right.sha256) return { ...nothing, values: 1 };
  try {
    if (output === "weights" && model) return await compareWeights(artifacts, left, right, model);
    return await compareByType(artifacts, left, right, output);
  } catch (error) {
    if (!(error instanceof ArtifactCorrupt)) throw error;
    const gone = error.sha256 === left.sha256 ? left : right;
    const say = (ref: ArtifactRef) => (ref === gone ? `gone from the store (${ref.sha256})` : ref.sha256);
    return unlike(output, say(left), say(right));
  }
}

async function compareByType(
  artifacts: ArtifactStore,
  left: ArtifactRef,
  right: ArtifactRef,
  where: string,
): Promise<Comparison> {
  if (left.mediaType !== right.mediaType) return unlike(where, left.mediaType, right.mediaType);
  switch (left.mediaType) {
    case mediaTypes.json:
      return compareJson(artifacts, left, right, where);
    case mediaTypes.npy:
      return compareArrays(artifacts, left, right, where);
    case mediaTypes.parquet:
      return compareTables(artifacts, left, right, where);
    default:
      return unlike(where, left.sha256, right.sha256);
  }
}

/** Both values' leaves, and whatever they refer to. */
async function compareJson(artifacts: ArtifactStore, left: ArtifactRef, right: ArtifactRef, output: string): Promise<Comparison> {
  const [expected, found] = await Promise.all([left, right].map((ref) => readJson(artifacts, ref)));
  const [before, after] = [expected, found].map((value) => takeApart(comparable(output, value)));
  if (!before || !after) return nothing;
  const comparisons = [compareLeaves(before.values, after.values)];
  for (const name of new Set([...before.refs.keys(), ...after.refs.keys()])) {
    const where = `${output}.${name}`;
    const [one, other] = [before.refs.get(name), after.refs.get(name)];
    comparisons.push(await compareOutput(where, one, other, { artifacts, model: undefined }));
  }
  return mergeComparisons(comparisons);
}

async function readJson(artifacts: ArtifactStore, ref: ArtifactRef): Promise<unknown> {
  return JSON.parse(Buffer.from(await artifacts.get(ref)).toString("utf8"));
}

/**
 * What of a value says whether two computations agree. Where a training ran is told apart, under the environment; of the metrics only the
 * figures count, for everything else in them follows from the predictions, which are compared one by one.
 */
function comparable(output: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (output === "history") return { ...value, environment: null };
  return output === "metrics" ? Object.fromEntries(Object.entries(value).map(([part, of]) => [part, figures(of)])) : value;
}

function figures(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(Object.entries(part).filter(([, value]) => typeof value !== "object"));
}

/** A JSON value's leaves by name, and apart from them the artifacts it refers to. */
function takeApart(value: unknown): { values: Map<string, unknown>; refs: Map<string, ArtifactRef> } {
  const refs = new Map<string, ArtifactRef>();
  const without = (part: unknown, key: string): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const ref = artifactRefSchema.safeParse(part);
    if (ref.success) {
      refs.set(key, ref.data);
      return null;
    }
    const nameBelow = (name: string) => (key === "" ? name : `${key}.${name}`);
    return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, without(child, nameBelow(name))]));
  };
  return { values: leaves(without(value, "")), refs };
}

async function compareArrays(
  artifacts: ArtifactStore,
  left: ArtifactRef,
  right: ArtifactRef,
  where: string,
): Promise<Comparison> {
  const decoded = (ref: ArtifactRef) => artifacts.get(ref).then((bytes) => decodeNpy(bytes, `${where} (${ref.uri})`));
  const [expected, found] = await Promise.all([decoded(left), decoded(right)]);
  const [before, after] = [expected, found].map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`);
  if (before !== after) return unlike(where, before, after);
  return compareNumbers(numbers(expected.data), numbers(found.data), (index) => `${where}[${indices(index, expected.shape)}]`);
}

function numbers(data: ArrayLike<number> | BigInt64Array | BigUint64Array): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
}

function indices(index: number, shape: readonly number[]): string {
  let rest = index;
  const found = shape.toReversed().map((size) => {
    const at = rest % size;
    rest = Math.floor(rest / size);
    return at;
  });
  return found.toReversed().join(", ");
}

async function compareTables(
  artifacts: ArtifactStore,
  left: ArtifactRef,
  right: ArtifactRef,
  where: string,
): Promise<Comparison> {
  const decoded = (ref: ArtifactRef) => artifacts.get(ref).then((bytes) => decodeTable(bytes, `${where} (${ref.uri})`));
  const [expected, found] = await Promise.all([decoded(left), decoded(right)]);
  const columns = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return mergeComparisons([...columns].map((name) => compareColumns(expected[name], found[name], `${where}.${name}`)));
}

function compareColumns(
  expected: readonly unknown[] | undefined,
  found: readonly unknown[] | undefined,
  where: string,
): Comparison {
  if (expected?.length !== found?.length || !expected || !found)
    return unlike(where, `${expected?.length ?? "no"} rows`, `${found?.length ?? "no"} rows`);
  const isNumeric = [...expected, ...found].every((value) => typeof value === "number");
  const nameOf = (row: number) => `${where}[${row}]`;
  if (isNumeric) return compareNumbers(expected as number[], found as number[], nameOf);
  const byName = (values: readonly unknown[]) => new Map(values.map((value, row) => [nameOf(row), value]));
  return compareLeaves(byName(expected), byName(found));
}

async function compareWeights(
  artifacts: ArtifactStore,
  left: ArtifactRef,
  right: ArtifactRef,
  model: ArtifactRef,
): Promise<Comparison> {
  const { weights } = await artifacts.getJson(model, modelFileSchema);
  const [expected, found] = await Promise.all([left, right].map(async (ref) => float32Values(await artifacts.get(ref))));
  if (!expected || !found) return nothing;
  if (expected.length !== found.length) return unlike("weights", `${expected.length} values`, `${found.length} values`);
  const comparisons: Comparison[] = [];
  let offset = 0;
  for (const { name, shape } of weights) {
    const end = offset + shape.reduce((size, dimension) => size * dimension, 1);
    const nameOf = (index: number) => `${name}[${indices(index, shape)}]`;
    comparisons.push(compareNumbers(expected.subarray(offset, end), found.subarray(offset, end), nameOf));
    offset = end;
  }
  return mergeComparisons(comparisons);
}

function unlike(where: string, expected: unknown, found: unknown): Comparison {
  const worst: WorstValue = { where, expected, found, difference: null, share: null };
  return { values: 1, differing: 1, worst };
}

import { dataTypes } from "../../runtime/node-backend.ts";
import { NotCompilable, type Recording } from "./recorder.ts";
import type { TensorLiteral } from "./saved-model.ts";

/** Something recorded with one batch size. */
export interface Recorded {
  recording: Recording;
  batchSize: number;
  /** Numbers of its results. */
  wanted: number[];
}

/** `any`: found out by TensorFlow at run time; only where batch sizes stand in shapes. */
export type WantedBatchSize = number | "any";

/**
 * Records a computation for two and for three rows and writes it for any number: constants that grow with the rows are shapes and divisors.
 * So recording takes next to no time and memory, however large the images and batches.
 *
 * @param recordAt records it with a real batch size, which is the way out where constants depend on rows in another manner
 * @throws {NotCompilable} for `any`, if there is no other way
 */
export function inAnyBatchSize<R extends Recorded>(recordAt: (batchSize: number) => R): (wanted: WantedBatchSize) => R {
  const [two, three] = [recordAt(2), recordAt(3)];
  return (wanted) => {
    const constants = rescaled(two, three, wanted);
    if (constants !== null) {
      if (wanted === "any") dropBatchSizes(two.recording, constants);
      return { ...two, batchSize: wanted === "any" ? -1 : wanted, recording: { ops: two.recording.ops, constants } };
    }
    if (wanted === "any") throw new NotCompilable("a constant depends on the batch size in a manner that graphs cannot follow");
    return recordAt(wanted);
  };
}

/** A transposed convolution takes the size of its result; height and width are enough, and a batch size of -1 is refused. */
function dropBatchSizes({ ops }: Recording, constants: Map<number, TensorLiteral>): void {
  for (const { op, inputs } of ops) {
    const [id] = inputs;
    const sizes = id === undefined ? undefined : constants.get(id);
    if (op !== "Conv2DBackpropInput" || id === undefined || sizes?.values.length !== 4) continue;
    constants.set(id, { ...sizes, shape: [2], values: sizes.values.slice(1, 3) });
  }
}

/** Constants of `two` for the wanted batch size; null if the two recordings are not of one kind. */
function rescaled(two: Recorded, three: Recorded, wanted: WantedBatchSize): Map<number, TensorLiteral> | null {
  const pairs = pairedTensors(two, three);
  if (pairs === null) return null;
  const constants = new Map<number, TensorLiteral>();
  for (const [a, b] of pairs) {
    const [small, large] = [two.recording.constants.get(a), three.recording.constants.get(b)];
    if (small === undefined && large === undefined) continue;
    const literal = small !== undefined && large !== undefined ? rescaledLiteral(small, large, wanted) : null;
    if (literal === null) return null;
    constants.set(a, literal);
  }
  return constants;
}

/** The same tensors in both recordings; null if they differ in an op or an attribute. */
function pairedTensors(two: Recorded, three: Recorded): [number, number][] | null {
  const [left, right] = [two.recording.ops, three.recording.ops];
  if (left.length !== right.length || two.wanted.length !== three.wanted.length) return null;
  const pairs = two.wanted.map((id, index): [number, number] => [id, three.wanted[index]!]);
  for (const [index, one] of left.entries()) {
    const other = right[index]!;
    if (one.op !== other.op || one.inputs.length !== other.inputs.length) return null;
    if (JSON.stringify(one.attributes) !== JSON.stringify(other.attributes)) return null;
    for (const [position, id] of one.inputs.entries()) pairs.push([id, other.inputs[position]!]);
  }
  return pairs;
}

function rescaledLiteral(small: TensorLiteral, large: TensorLiteral, wanted: WantedBatchSize): TensorLiteral | null {
  const { dtype } = small;
  if (dtype !== large.dtype || small.shape.length !== large.shape.length) return null;
  const shape = small.shape.map((length, axis) => scaled(length, large.shape[axis]!, wanted));
  if (shape.includes(null)) return null;
  const varies = small.values.length !== large.values.length;
  if (varies && (wanted === "any" || !isUniform(small.values) || !isUniform(large.values))) return null;
  const count = varies ? 1 : small.values.length; // of equal values one is enough
  const values = Array.from({ length: count }, (_, i) =>
    scaled(small.values[i]!, large.values[i]!, wanted, dtype === dataTypes.int32),
  );
  if (values.includes(null)) return null;
  return { dtype, shape: shape as number[], values: typedLike(small.values, values as number[]) };
}

/** A number that is the same for two and three rows, or in proportion to them. */
function scaled(two: number, three: number, wanted: WantedBatchSize, isShape = false): number | null {
  if (two === three) return two;
  if (two * 3 !== three * 2) return null;
  if (wanted === "any") return isShape ? -1 : null;
  return (two / 2) * wanted;
}

function isUniform(values: TensorLiteral["values"]): boolean {
  return values.every((value) => value === values[0]);
}

function typedLike(like: TensorLiteral["values"], values: number[]): TensorLiteral["values"] {
  if (like instanceof Float32Array) return Float32Array.from(values);
  return like instanceof Int32Array ? Int32Array.from(values) : Uint8Array.from(values);
}

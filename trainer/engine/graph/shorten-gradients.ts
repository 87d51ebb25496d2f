import type { RecordedOp, Recording } from "./recorder.ts";

/**
 * Leaves work out of a recorded step that a gradient through a maximum pool after a ReLU does not need. tfjs derives each layer's gradient by itself;
 * together they allow:
 *
 * - ReLU's gradient is taken of the pooled image, several times smaller, instead of the whole one. Where a maximum is 0 all of its window is, so no
 *   gradient goes there either way; elsewhere the maximum itself is positive. The values stay the same.
 * - A bias' gradient is summed over the pooled image's gradient: the pool hands each of its values to one pixel, all others are 0. The same numbers
 *   are added in another order.
 *
 * @param wanted numbers of results that must stay
 */
export function shortenGradients(recording: Recording, wanted: readonly number[]): Recording {
  return { ...recording, ops: sumPooled(poolLast(recording.ops, new Set(wanted))) };
}

/** ReluGrad(MaxPoolGrad(x, y, dy), x) as MaxPoolGrad(x, y, ReluGrad(dy, y)). */
function poolLast(ops: readonly RecordedOp[], wanted: ReadonlySet<number>): RecordedOp[] {
  const uses = new Map<number, RecordedOp[]>();
  for (const op of ops) for (const id of op.inputs) uses.set(id, [...(uses.get(id) ?? []), op]);
  const shapes = new Map(ops.flatMap(({ outputs }) => outputs.map(({ id, shape }) => [id, shape] as const)));
  const moved = new Set<RecordedOp>();
  return ops.flatMap((op) => {
    if (moved.has(op)) return [];
    const [pooled] = op.outputs;
    if (op.op !== "MaxPoolGrad" || pooled === undefined || wanted.has(pooled.id)) return [op];
    const [x, y, dy] = op.inputs as [number, number, number];
    const [relu, ...others] = uses.get(pooled.id) ?? [];
    if (relu?.op !== "ReluGrad" || others.length > 0 || relu.inputs[1] !== x) return [op];
    moved.add(relu);
    return [
      { ...relu, inputs: [dy, y], outputs: [{ ...pooled, shape: shapes.get(y)! }] },
      { ...op, inputs: [x, y, pooled.id], outputs: relu.outputs },
    ];
  });
}

/** BiasAddGrad(MaxPoolGrad(x, y, dy)) as BiasAddGrad(dy). */
function sumPooled(ops: readonly RecordedOp[]): RecordedOp[] {
  const pools = new Map(ops.flatMap(({ op, inputs, outputs }) => (op === "MaxPoolGrad" ? [[outputs[0]!.id, inputs[2]!]] : [])));
  return ops.map((op) => {
    const summed = op.op === "BiasAddGrad" ? pools.get(op.inputs[0]!) : undefined;
    return summed === undefined ? op : { ...op, inputs: [summed] };
  });
}

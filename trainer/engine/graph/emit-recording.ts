import { outputsOf, type Edge, type GraphBuilder } from "./graph-builder.ts";
import { NotCompilable, type RecordedOp, type Recording } from "./recorder.ts";

/** Constants of a recording, written once for all its copies. */
export class RecordedConstants {
  readonly #builder: GraphBuilder;
  readonly #recording: Recording;
  readonly #edges = new Map<number, Edge>();

  constructor(builder: GraphBuilder, recording: Recording) {
    this.#builder = builder;
    this.#recording = recording;
  }

  edge(id: number): Edge {
    const known = this.#edges.get(id);
    if (known !== undefined) return known;
    const literal = this.#recording.constants.get(id);
    if (literal === undefined) throw new NotCompilable(`tensor ${id} of the recording has no source`);
    const edge = this.#builder.constant(literal);
    this.#edges.set(id, edge);
    return edge;
  }
}

/**
 * Writes one copy of a recording into a graph, without the ops none of `wanted` depends on.
 *
 * TensorFlow makes one AddN of additions that follow each other, as where the gradients of a block's branches meet, and adds in the order of
 * names; it leaves alone those that wait for another node (its arithmetic optimizer's AddOpsRewriteStage).
 *
 * @param sources edges that stand for inputs and variables
 * @param keepsOrder a node that comes before any addition, and that additions do not depend on by themselves
 * @returns the edge of each wanted tensor
 */
export function emitRecording(
  builder: GraphBuilder,
  recording: Recording,
  {
    constants,
    sources,
    wanted,
    keepsOrder,
  }: { constants: RecordedConstants; sources: ReadonlyMap<number, Edge>; wanted: readonly number[]; keepsOrder?: string },
): Edge[] {
  const edges = new Map(sources);
  const edge = (id: number) => edges.get(id) ?? constants.edge(id);
  const ops = neededOps(recording.ops, wanted);
  const addends = new Set(ops.flatMap(({ op, inputs }) => (op === "Add" ? inputs : [])));
  for (const { op, attributes, inputs, outputs } of ops) {
    const isAddedTo = op === "Add" && outputs.some(({ id }) => addends.has(id));
    const after = isAddedTo && keepsOrder !== undefined ? [keepsOrder] : [];
    const node = builder.add(op, attributes, inputs.map(edge), { after });
    for (const [index, output] of outputsOf(node, outputs.length).entries()) edges.set(outputs[index]!.id, output);
  }
  return wanted.map(edge);
}

function neededOps(ops: readonly RecordedOp[], wanted: readonly number[]): RecordedOp[] {
  const needed = new Set(wanted);
  const kept: RecordedOp[] = [];
  for (const recorded of ops.toReversed()) {
    if (!recorded.outputs.some(({ id }) => needed.has(id))) continue;
    kept.push(recorded);
    for (const id of recorded.inputs) needed.add(id);
  }
  return kept.toReversed();
}

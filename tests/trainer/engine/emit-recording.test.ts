import { beforeAll, expect, test } from "vitest";

import { randomStream } from "../../../ml/random.ts";
import { emitRecording, RecordedConstants } from "../../../trainer/engine/graph/emit-recording.ts";
import { GraphBuilder } from "../../../trainer/engine/graph/graph-builder.ts";
import type { RecordedOp } from "../../../trainer/engine/graph/recorder.ts";
import { encodeSavedModel } from "../../../trainer/engine/graph/saved-model.ts";
import { GraphSession } from "../../../trainer/engine/graph/session.ts";
import { dataTypes } from "../../../trainer/runtime/node-backend.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";

beforeAll(loadTestTensorflow);

test("adds in the order recorded, as a step does op by op", () => {
  const dtype = dataTypes.float;
  const shape = [100];
  const random = randomStream(1, "addends");
  const addends = Array.from({ length: 4 }, () => Float32Array.from({ length: 100 }, random));
  const add = (inputs: number[], id: number): RecordedOp => ({
    op: "Add",
    attributes: { T: { type: "float" } },
    inputs,
    outputs: [{ id, dtype, shape }],
  });
  const reshape = { T: { type: "float" }, Tshape: { type: "int32" } } as const;
  const recording = { ops: [add([3, 2], 4), add([4, 1], 5), add([5, 0], 6)], constants: new Map() };
  const builder = new GraphBuilder();
  const before = builder.placeholder("before", dtype, [1]);
  const fed = addends.map((_, i) => builder.placeholder(`addend${i}`, dtype, shape));

  const [total] = emitRecording(builder, recording, {
    constants: new RecordedConstants(builder, recording),
    // TensorFlow adds in the order of names where it knows all shapes; of what is fed it takes none for granted.
    sources: new Map(fed.map((edge, i) => [i, builder.add("Reshape", reshape, [edge, builder.ints(shape)])])),
    wanted: [6],
    keepsOrder: before,
  });

  // What is fetched stays as it is; sums within a step are not.
  const negated = builder.add("Neg", { T: { type: "float" } }, [total!]);

  const session = new GraphSession(encodeSavedModel(builder.nodes));
  const feeds = [
    { name: before, dtype, shape: [1], values: new Float32Array(1) },
    ...addends.map((values, i) => ({ name: fed[i]!, dtype, shape, values })),
  ];
  expect(session.run(feeds, [negated])[0]).toEqual(
    addends.reduceRight((sum, values) => values.map((value, i) => sum[i]! + value)).map((value) => -value),
  );
  session.dispose();
});

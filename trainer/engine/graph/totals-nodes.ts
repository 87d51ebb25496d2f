import { dataTypes } from "../../runtime/node-backend.ts";
import { bitsShape, sumsAsBits, totalsAfter, totalsFromBits, type DeviceTotals, type StepMetrics } from "../device-totals.ts";
import { GraphSink, type Edge, type GraphBuilder } from "./graph-builder.ts";

/** Names of the nodes that take over an epoch's totals and hand them out. */
export const totalsNodes = {
  bits: "totals/bits",
  begun: "totals/begun",
  readBits: "totals/read-bits",
  readLoss: "totals/read-loss",
};

/**
 * Adds the variables that keep an epoch's totals from one call to the next, and what reads and writes them.
 * @returns their handles
 */
export function addTotals(builder: GraphBuilder): DeviceTotals<Edge> {
  const handles = {
    sums: builder.variable("totals/sums", dataTypes.double, [3]),
    loss: builder.variable("totals/loss", dataTypes.float, []),
  };
  const writing = new GraphSink(builder, []);
  const bits = builder.placeholder(totalsNodes.bits, dataTypes.int32, bitsShape);
  assign(writing, handles, totalsFromBits(writing, bits));
  builder.signal(totalsNodes.begun, writing.effects);
  const reading = new GraphSink(builder, []);
  const { sums, loss } = read(reading, handles);
  builder.add("Identity", { T: { type: "int32" } }, [sumsAsBits(reading, sums)], { name: totalsNodes.readBits });
  builder.add("Identity", { T: { type: "float" } }, [loss], { name: totalsNodes.readLoss });
  return handles;
}

/**
 * Adds steps to an epoch's totals.
 * @returns the nodes that must have run
 */
export function addToTotals(builder: GraphBuilder, handles: DeviceTotals<Edge>, metrics: StepMetrics<Edge>): readonly string[] {
  const sink = new GraphSink(builder, []);
  assign(sink, handles, totalsAfter(sink, read(sink, handles), metrics));
  return sink.effects;
}

function read(sink: GraphSink, { sums, loss }: DeviceTotals<Edge>): DeviceTotals<Edge> {
  const value = (handle: Edge, type: "double" | "float") => sink.execute("ReadVariableOp", { dtype: { type } }, [handle])[0]!;
  return { sums: value(sums, "double"), loss: value(loss, "float") };
}

function assign(sink: GraphSink, handles: DeviceTotals<Edge>, { sums, loss }: DeviceTotals<Edge>): void {
  sink.execute("AssignVariableOp", { dtype: { type: "double" } }, [handles.sums, sums], 0);
  sink.execute("AssignVariableOp", { dtype: { type: "float" } }, [handles.loss, loss], 0);
}

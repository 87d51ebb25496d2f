import { dataTypes } from "../../runtime/node-backend.ts";
import type { EngineData } from "../engine.ts";
import type { Edge, GraphBuilder } from "./graph-builder.ts";
import { pixelShape } from "./record-step.ts";
import type { Feed } from "./session.ts";

/** Where a graph takes the pixels and labels of a batch from. */
export interface PixelSource {
  pixels(builder: GraphBuilder, rows: Edge): Edge;
  labels(builder: GraphBuilder, rows: Edge): Edge;
}

/** Names of the nodes that take over the data once. */
export const dataNodes = { pixels: "data/pixels/value", labels: "data/labels/value", loaded: "data/loaded" };
export const whiteningNodes = { matrix: "whitening/value", loaded: "whitening/loaded" };

/** All rows are kept on the device, as stored; batches are gathered by row number. */
export function residentSource(builder: GraphBuilder, data: EngineData): PixelSource {
  const pixels = builder.variable("data/pixels", dataTypes.uint8, pixelShape(data, data.rowCount));
  const labels = builder.variable("data/labels", dataTypes.int32, [data.rowCount]);
  builder.signal(dataNodes.loaded, [
    addAssignment(builder, pixels, { name: dataNodes.pixels, dtype: dataTypes.uint8, shape: pixelShape(data, data.rowCount) }),
    addAssignment(builder, labels, { name: dataNodes.labels, dtype: dataTypes.int32, shape: [data.rowCount] }),
  ]);
  const gather = (graph: GraphBuilder, handle: Edge, rows: Edge, dtype: number) =>
    graph.add("ResourceGather", { dtype: { dtype }, Tindices: { type: "int32" } }, [handle, rows]);
  return {
    pixels: (graph, rows) => gather(graph, pixels, rows, dataTypes.uint8),
    labels: (graph, rows) => gather(graph, labels, rows, dataTypes.int32),
  };
}

/** The matrix of a whitening, kept on the device as well. */
export function addWhitening(builder: GraphBuilder, shape: number[]): Edge {
  const handle = builder.variable("whitening", dataTypes.float, shape);
  const value = { name: whiteningNodes.matrix, dtype: dataTypes.float, shape };
  builder.signal(whiteningNodes.loaded, [addAssignment(builder, handle, value)]);
  return builder.add("ReadVariableOp", { dtype: { type: "float" } }, [handle]);
}

/** A variable takes over what is fed. */
function addAssignment(builder: GraphBuilder, handle: Edge, { name, dtype, shape }: Omit<Feed, "values">): Edge {
  return builder.add("AssignVariableOp", { dtype: { dtype } }, [handle, builder.placeholder(name, dtype, shape)]);
}

/** Names of the placeholders of pixels and labels for one batch size. */
export function fedNodes(batchSize: number): { pixels: string; labels: string } {
  return { pixels: `fed-${batchSize}/pixels`, labels: `fed-${batchSize}/labels` };
}

/** Pixels and labels are given with each call. */
export function fedSource(data: EngineData, batchSize: number): PixelSource {
  const names = fedNodes(batchSize);
  return {
    pixels: (graph) => graph.placeholder(names.pixels, dataTypes.uint8, pixelShape(data, batchSize)),
    labels: (graph) => graph.placeholder(names.labels, dataTypes.int32, [batchSize]),
  };
}

import { dataTypes } from "../../runtime/node-backend.ts";
import type { EngineData } from "../engine.ts";
import type { Edge, GraphBuilder } from "./graph-builder.ts";
import { pixelShape } from "./record-step.ts";

/** Where a graph takes the pixels and labels of a batch from. */
export interface PixelSource {
  pixels(builder: GraphBuilder, rows: Edge): Edge;
  labels(builder: GraphBuilder, rows: Edge): Edge;
}

/** Names of the nodes that take over the data once. */
export const dataNodes = { pixels: "data/pixels/value", labels: "data/labels/value", loaded: "data/loaded" };

/** All rows are kept on the device, as stored; batches are gathered by row number. */
export function residentSource(builder: GraphBuilder, data: EngineData): PixelSource {
  const pixels = builder.variable("data/pixels", dataTypes.uint8, pixelShape(data, data.rowCount));
  const labels = builder.variable("data/labels", dataTypes.int32, [data.rowCount]);
  const assign = (handle: Edge, name: string, dtype: number, shape: number[]) =>
    builder.add("AssignVariableOp", { dtype: { dtype } }, [handle, builder.placeholder(name, dtype, shape)]);
  builder.signal(dataNodes.loaded, [
    assign(pixels, dataNodes.pixels, dataTypes.uint8, pixelShape(data, data.rowCount)),
    assign(labels, dataNodes.labels, dataTypes.int32, [data.rowCount]),
  ]);
  const gather = (graph: GraphBuilder, handle: Edge, rows: Edge, dtype: number) =>
    graph.add("ResourceGather", { dtype: { dtype }, Tindices: { type: "int32" } }, [handle, rows]);
  return {
    pixels: (graph, rows) => gather(graph, pixels, rows, dataTypes.uint8),
    labels: (graph, rows) => gather(graph, labels, rows, dataTypes.int32),
  };
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

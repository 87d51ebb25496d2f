import type { Samples } from "../ingest/schema.ts";
import type { NearestNeighbors } from "./nearest-neighbors.ts";

/** Rows looked at, spread over the set: more say the same. */
const mostRows = 2000;

/** How far apart images of one class stand in the source's order, as shares of their class, 0 to 1. */
export interface PlaceDistances {
  /** Of images and those most like them. */
  near: Float64Array;
  /** Of the same images and all that they were compared with. */
  all: Float64Array;
}

/**
 * Places are counted within a class: sources list class by class, and that images of one class look alike is what a class is.
 */
export function placeDistances({ label }: Pick<Samples, "label">, neighbors: NearestNeighbors): PlaceDistances {
  const places = placesInClass(label);
  const step = Math.max(1, label.length / mostRows);
  const near: number[] = [];
  const all: number[] = [];
  for (let i = 0; i < Math.min(label.length, mostRows); i++) {
    const row = Math.floor(i * step);
    const isPeer = (other: number) => other !== row && label[other]! >= 0 && label[other] === label[row];
    const distanceTo = (other: number) => Math.abs(places[row]! - places[other]!);
    const own = neighbors.rows.subarray(row * neighbors.count, (row + 1) * neighbors.count);
    for (const other of own) if (isPeer(other)) near.push(distanceTo(other));
    for (const other of neighbors.references) if (isPeer(other)) all.push(distanceTo(other));
  }
  return { near: Float64Array.from(near), all: Float64Array.from(all) };
}

function placesInClass(label: Samples["label"]): Float64Array {
  const seen = new Map<number, number>();
  const ranks = Int32Array.from(label, (code) => {
    const rank = seen.get(code) ?? 0;
    seen.set(code, rank + 1);
    return rank;
  });
  return Float64Array.from(ranks, (rank, row) => rank / seen.get(label[row]!)!);
}

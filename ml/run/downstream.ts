import type { Stage } from "../stages.ts";
import { stages } from "../stages.ts";

/** Whose results each stage takes; a test holds it to what runs really record. */
export const stageInputs: Readonly<Record<Stage, readonly Stage[]>> = {
  ingest: [],
  check: ["ingest"],
  split: ["ingest", "check"],
  normalize: ["ingest", "split"],
  encode: ["ingest", "split"],
  augment: ["ingest", "split"],
  explore: ["ingest", "check", "split", "augment"],
  train: ["ingest", "split", "normalize", "encode", "augment"],
  evaluate: ["ingest", "split", "normalize", "encode", "train"],
  register: ["ingest", "split", "normalize", "encode", "train", "evaluate"],
};

/** These stages and all that depend on them, in order. */
export function withDownstream(names: Iterable<Stage>): Stage[] {
  const found = new Set(names);
  for (const name of stages) if (stageInputs[name].some((input) => found.has(input))) found.add(name);
  return stages.filter((name) => found.has(name));
}

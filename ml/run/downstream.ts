import type { Stage } from "../stages.ts";
import { stages } from "../stages.ts";

/** Which output of which stage an input is, by the input's name. */
type StageInputs = Readonly<Record<string, readonly [Stage, string]>>;

const parted: StageInputs = { dataset: ["ingest", "dataset"], split: ["split", "split"] };
const prepared: StageInputs = { ...parted, normalizer: ["normalize", "normalizer"], encoder: ["encode", "encoder"] };
const trained: StageInputs = {
  ...prepared,
  model: ["train", "model"],
  weights: ["train", "weights"],
  history: ["train", "history"],
};

/** What each stage takes; a test holds it to what runs really record. */
export const stageInputs: Readonly<Record<Stage, StageInputs>> = {
  ingest: {},
  check: { dataset: ["ingest", "dataset"] },
  split: { dataset: ["ingest", "dataset"], check: ["check", "report"] },
  normalize: parted,
  encode: parted,
  augment: parted,
  explore: { ...parted, augmentation: ["augment", "augmentation"], check: ["check", "report"] },
  train: { ...prepared, augmentation: ["augment", "augmentation"] },
  evaluate: trained,
  register: { ...trained, metrics: ["evaluate", "metrics"], predictions: ["evaluate", "predictions"] },
};

/** Whose results a stage takes. */
export function stagesBefore(name: Stage): Stage[] {
  return [...new Set(Object.values(stageInputs[name]).map(([maker]) => maker))];
}

/** These stages and all that depend on them, in order. */
export function withDownstream(names: Iterable<Stage>): Stage[] {
  const found = new Set(names);
  for (const name of stages) if (stagesBefore(name).some((input) => found.has(input))) found.add(name);
  return stages.filter((name) => found.has(name));
}

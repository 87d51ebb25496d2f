import type { Stage } from "../stages.ts";
import { stages } from "../stages.ts";

/** Which output of which stage each input is, by the input's name; a test holds it to what runs really record. */
export const stageInputs: Readonly<Record<Stage, Readonly<Record<string, readonly [Stage, string]>>>> = {
  ingest: {},
  check: { dataset: ["ingest", "dataset"] },
  split: { dataset: ["ingest", "dataset"], check: ["check", "report"] },
  normalize: { dataset: ["ingest", "dataset"], split: ["split", "split"] },
  encode: { dataset: ["ingest", "dataset"], split: ["split", "split"] },
  augment: { dataset: ["ingest", "dataset"], split: ["split", "split"] },
  explore: {
    dataset: ["ingest", "dataset"],
    split: ["split", "split"],
    augmentation: ["augment", "augmentation"],
    check: ["check", "report"],
  },
  train: {
    dataset: ["ingest", "dataset"],
    split: ["split", "split"],
    normalizer: ["normalize", "normalizer"],
    encoder: ["encode", "encoder"],
    augmentation: ["augment", "augmentation"],
  },
  evaluate: {
    dataset: ["ingest", "dataset"],
    split: ["split", "split"],
    normalizer: ["normalize", "normalizer"],
    encoder: ["encode", "encoder"],
    model: ["train", "model"],
    weights: ["train", "weights"],
    history: ["train", "history"],
  },
  register: {
    dataset: ["ingest", "dataset"],
    split: ["split", "split"],
    normalizer: ["normalize", "normalizer"],
    encoder: ["encode", "encoder"],
    model: ["train", "model"],
    weights: ["train", "weights"],
    history: ["train", "history"],
    metrics: ["evaluate", "metrics"],
    predictions: ["evaluate", "predictions"],
  },
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

import type { ArtifactRef } from "../artifact.ts";
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

/** What goes into a stage, as far as outputs are known, and the stages that have to make the rest first. */
export function gatherInputs(
  name: Stage,
  known: ReadonlyMap<Stage, Readonly<Record<string, ArtifactRef>>>,
): { inputs: Record<string, ArtifactRef>; waitsFor: Stage[] } {
  const inputs: Record<string, ArtifactRef> = {};
  const waitsFor = new Set<Stage>();
  for (const [input, [maker, output]] of Object.entries(stageInputs[name])) {
    const ref = known.get(maker)?.[output];
    if (ref) inputs[input] = ref;
    else waitsFor.add(maker);
  }
  return { inputs, waitsFor: [...waitsFor] };
}

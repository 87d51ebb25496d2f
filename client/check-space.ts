import type { Pipeline } from "../ml/pipeline.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import { trialPipeline } from "../ml/sweep-record/trial-pipeline.ts";
import type { SweepParameters } from "../ml/sweep/schema.ts";
import { orderedKeys, scaleOf, valueAt, valueCount, valueFromUnit } from "../ml/sweep/space.ts";

const checkedValues = 50;

/**
 * Says before anything is started what of a space could make no pipeline: every value of a list and both ends of a range are tried.
 * @throws {InvalidConfiguration} with every mistake
 */
export function checkSpace(pipeline: Pipeline): SweepParameters {
  const { sweep } = pipeline;
  if (sweep === undefined)
    throw new InvalidConfiguration(
      "The file has no `sweep`; give it one with the keys to search: sweep: { space: { train.optimizer.learningRate: [0.01, 0.001] } }",
    );
  const mistakes = [...conditionMistakes(sweep), ...valueMistakes(pipeline, sweep), ...algorithmMistakes(pipeline, sweep)];
  if (mistakes.length > 0) throw new InvalidConfiguration([...new Set(mistakes)].join("; "));
  return sweep;
}

function conditionMistakes({ space }: SweepParameters): string[] {
  const unknown = Object.entries(space).flatMap(([key, dimension]) =>
    Object.keys(("when" in dimension ? dimension.when : undefined) ?? {})
      .filter((parent) => space[parent] === undefined)
      .map((parent) => `sweep.space.${key}.when: ${parent} is no key of the space`),
  );
  if (unknown.length > 0) return unknown;
  try {
    orderedKeys(space);
    return [];
  } catch (error) {
    if (error instanceof RangeError) return [error.message];
    throw error;
  }
}

function valueMistakes(pipeline: Pipeline, sweep: SweepParameters): string[] {
  return Object.entries(sweep.space).flatMap(([key, dimension]) => {
    if (key === "dataset.path" || key === "name" || key.startsWith("sweep")) return [`sweep.space: ${key} cannot be searched`];
    const scale = scaleOf(dimension);
    const count = valueCount(scale);
    const values =
      scale.kind !== "float" && count <= checkedValues
        ? Array.from({ length: count }, (_, index) => valueAt(scale, index))
        : [valueFromUnit(scale, 0), valueFromUnit(scale, 1)];
    return values.flatMap((value) => {
      try {
        trialPipeline(pipeline, sweep, { point: { [key]: value }, seed: null });
        return [];
      } catch (error) {
        if (error instanceof InvalidConfiguration) return [error.message];
        throw error;
      }
    });
  });
}

function algorithmMistakes(pipeline: Pipeline, { algorithm, space, prune }: SweepParameters): string[] {
  const open = Object.entries(space).filter(([, dimension]) => valueCount(scaleOf(dimension)) === Infinity);
  return [
    ...(algorithm === "grid" ? open.map(([key]) => `sweep.space.${key}: a grid needs a step, or a list of values`) : []),
    ...(prune.name !== "none" && prune.minEpochs > pipeline.train.epochs
      ? [`sweep.prune.minEpochs: ${prune.minEpochs} is more than train.epochs (${pipeline.train.epochs})`]
      : []),
  ];
}

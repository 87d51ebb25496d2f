import { InvalidConfiguration } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";
import { pipelineSchema } from "../pipeline.ts";
import { applySetting, keyPath } from "../set-value.ts";
import type { Point, SweepParameters } from "../sweep/schema.ts";
import { monitorOf } from "../train/monitor.ts";

/**
 * The pipeline of one training of a sweep: the file's, with the point's values and the execution's seed over it. Its best epoch is picked
 * by the objective, and it never waits for a person.
 *
 * @param seed null for the run's own
 * @throws {InvalidConfiguration} where the values make no pipeline, naming them
 */
export function trialPipeline(
  { sweep: _sweep, ...pipeline }: Pipeline,
  { objective }: Pick<SweepParameters, "objective">,
  { point, seed }: { point: Point; seed: number | null },
): Pipeline {
  const value = JSON.parse(JSON.stringify(pipeline)) as Record<string, unknown>;
  const mistakes = Object.entries(point).flatMap(([key, given]) => {
    const path = keyPath(key);
    const problem = path === null ? "a part of the key is empty" : applySetting(value, path, given);
    return problem === undefined ? [] : [`${key}: ${problem}`];
  });
  const outcome = pipelineSchema.safeParse(value);
  if (!outcome.success) for (const { path, message } of outcome.error.issues) mistakes.push(`${path.join(".")}: ${message}`);
  if (mistakes.length > 0 || !outcome.success)
    throw new InvalidConfiguration(`sweep.space: ${JSON.stringify(point)} makes no valid pipeline: ${mistakes.join("; ")}`);
  const { train } = outcome.data;
  return {
    ...outcome.data,
    onFailure: "fail",
    train: { ...train, monitor: objective ?? monitorOf(train), ...(seed === null ? {} : { seed }) },
  };
}

import { InvalidConfiguration } from "../ml/errors.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { writtenPipelineSchema } from "../ml/pipeline.ts";
import { applySetting } from "../ml/set-value.ts";
import { explainIssues } from "./explain-issues.ts";
import { pipelineJsonSchema } from "./pipeline-json-schema.ts";
import type { Setting } from "./pipeline-settings.ts";
import { readSetting } from "./pipeline-settings.ts";

/**
 * A recorded pipeline with `key=value` settings over it, checked like a file.
 * @throws {InvalidConfiguration} with every mistake; the data of a run cannot be set: other data makes another run
 */
export function withSettings(pipeline: Pipeline, texts: readonly string[]): Pipeline {
  const settings = texts.map((text) => {
    const setting = readSetting(text);
    if (typeof setting === "string") throw new InvalidConfiguration(`--set ${text}: ${setting}`);
    if (setting.path[0] === "dataset" && (setting.path[1] === "path" || setting.path[1] === "corrections"))
      throw new InvalidConfiguration(`--set ${text}: a run's data is in its record by content; start a new run on other data`);
    return setting;
  });
  let attempt = apply(pipeline, settings);
  // YAML reads `2019` as a number; where text is wanted the option means text.
  if (attempt.mistakes.length > 0) {
    const again = apply(
      pipeline,
      settings.map((setting) => ({ ...setting, value: setting.raw })),
    );
    if (again.mistakes.length < attempt.mistakes.length) attempt = again;
  }
  if (!attempt.pipeline) throw new InvalidConfiguration(attempt.mistakes.map((mistake) => `--set ${mistake}`).join("; "));
  return attempt.pipeline;
}

function apply(pipeline: Pipeline, settings: readonly Setting[]): { pipeline: Pipeline | null; mistakes: string[] } {
  const value = JSON.parse(JSON.stringify(pipeline)) as Record<string, unknown>;
  const mistakes = settings.flatMap(({ path, value: given, text }) => {
    const problem = applySetting(value, path, given);
    return problem === undefined ? [] : [`${text}: ${problem}`];
  });
  const outcome = writtenPipelineSchema.safeParse(value);
  if (!outcome.success)
    for (const { path, message, hint } of explainIssues(outcome.error.issues, value, pipelineJsonSchema()))
      mistakes.push(`${path.join(".")}: ${message}${hint === undefined ? "" : ` (${hint})`}`);
  return { pipeline: outcome.success && mistakes.length === 0 ? outcome.data : null, mistakes };
}

import type { Pipeline } from "../ml/pipeline.ts";
import { keyPath } from "../ml/set-value.ts";
import type { Dimension, Json, SweepParameters } from "../ml/sweep/schema.ts";
import { trialPipeline } from "../ml/sweep-record/trial-pipeline.ts";
import { canonicalJson } from "../ml/canonical-json.ts";
import type { FileStore } from "./store-base.ts";
import { storeFiles } from "./prepare-run.ts";

/**
 * Brings the files that values of a space name into the store, and puts references by content in their place: a point then says what it is
 * wherever it stands, also where another key depends on it.
 *
 * @param pipeline whose own files are in the store already
 * @param folder that paths start from
 * @throws {ModuleFailed} where a module of the user's own is wrong
 */
export async function storeSpace(
  pipeline: Pipeline,
  parameters: SweepParameters,
  { folder, store }: { folder: string; store: FileStore },
): Promise<SweepParameters> {
  const { space } = parameters;
  const stored = new Map<string, Json>();
  for (const [key, dimension] of Object.entries(space)) {
    for (const value of "choice" in dimension ? dimension.choice : []) {
      const trial = trialPipeline(pipeline, parameters, { point: { [key]: value }, seed: null });
      const kept = await storeFiles(trial, folder, store);
      if (canonicalJson(kept) !== canonicalJson(trial)) stored.set(nameOf(key, value), valueAt(kept, key));
    }
  }
  const replace = (key: string, value: Json) => stored.get(nameOf(key, value)) ?? value;
  const entries = Object.entries(space).map(([key, dimension]) => [key, replaceIn(key, dimension, replace)] as const);
  return { ...parameters, space: Object.fromEntries(entries) };
}

function replaceIn(key: string, dimension: Dimension, replace: (key: string, value: Json) => Json): Dimension {
  const when = Object.entries(("when" in dimension ? dimension.when : undefined) ?? {}).map(([parent, wanted]) => [
    parent,
    Array.isArray(wanted) ? wanted.map((value) => replace(parent, value)) : replace(parent, wanted),
  ]);
  return {
    ...dimension,
    ...("choice" in dimension ? { choice: dimension.choice.map((value) => replace(key, value)) } : {}),
    ...(when.length === 0 ? {} : { when: Object.fromEntries(when) as Record<string, Json> }),
  };
}

function nameOf(key: string, value: Json): string {
  return canonicalJson([key, value]);
}

function valueAt(pipeline: Pipeline, key: string): Json {
  return (keyPath(key) ?? []).reduce<unknown>((at, segment) => (at as Record<string, unknown>)[segment], pipeline) as Json;
}

import type { Pipeline } from "../pipeline.ts";
import type { ModuleKind } from "./definitions.ts";
import type { ModuleReference, StoredModule } from "./schema.ts";
import { isModule } from "./schema.ts";

/** A place of a pipeline where a module of the user's own stands. */
export interface ModulePlace {
  /** As in the pipeline file: `train.loss`. */
  path: string;
  kind: ModuleKind;
  reference: ModuleReference;
  readonly replace: (stored: StoredModule) => void;
}

/** Every module that a pipeline names; `replace` changes the pipeline that was given. */
export function pipelineModules(pipeline: Pipeline): ModulePlace[] {
  const { train, ingest, check } = pipeline;
  const { callbacks = [] } = train;
  const rules = Array.isArray(check.rules) ? check.rules : [];
  const candidates: [string, ModuleKind, unknown, ModulePlace["replace"]][] = [
    ["model", "model", pipeline.model, (stored) => (pipeline.model = stored)],
    ["train.loss", "loss", train.loss, (stored) => (train.loss = stored)],
    ["ingest.reader", "reader", ingest.reader, (stored) => (ingest.reader = stored)],
    ...callbacks.map((given, i) => place(`train.callbacks.${i}`, "callback", given, (stored) => (callbacks[i] = stored))),
    ...rules.map((given, i) => place(`check.rules.${i}`, "rule", given, (stored) => (rules[i] = stored))),
  ];
  return candidates.flatMap(([path, kind, reference, replace]) =>
    isModule(reference) ? [{ path, kind, reference, replace }] : [],
  );
}

function place(...parts: [string, ModuleKind, unknown, ModulePlace["replace"]]): typeof parts {
  return parts;
}

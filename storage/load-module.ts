import { createRequire } from "node:module";
import { compileFunction } from "node:vm";

import { ModuleFailed } from "../ml/errors.ts";
import * as define from "../ml/module/define.ts";
import type { Defined, ModuleKind } from "../ml/module/definitions.ts";
import type { ModuleReference } from "../ml/module/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { ModuleTrace } from "./module-trace.ts";

const requireOwn = createRequire(import.meta.url);

/** A module of the user's own, evaluated in this process. */
export interface LoadedModule<Kind extends ModuleKind> {
  /** As the pipeline file names it. */
  file: string;
  definition: Defined<Kind>;
  /** Runs a part of it. @throws {ModuleFailed} in place of whatever it throws, naming file and line */
  readonly call: <Result>(during: string, work: () => Result) => Result;
}

/**
 * Fetches a stored module and evaluates it.
 * @throws {ModuleFailed} where it throws, or its default export is of another kind
 */
export async function loadModule<Kind extends ModuleKind>(
  kind: Kind,
  reference: ModuleReference,
  artifacts: ArtifactStore,
): Promise<LoadedModule<Kind>> {
  if (typeof reference === "string") throw new TypeError(`The module ${reference} has not been brought into the store`);
  const code = Buffer.from(await artifacts.get(reference.code)).toString("utf8");
  return evaluateModule(kind, reference.file, code);
}

/** @param code as `bundleModule` makes it */
export function evaluateModule<Kind extends ModuleKind>(kind: Kind, file: string, code: string): LoadedModule<Kind> {
  const trace = new ModuleTrace(file, code);
  const call = <Result>(during: string, work: () => Result): Result => guarded(trace, during, work);
  const exported = call("loading", () => {
    const module = { exports: {} as { default?: unknown } };
    const run = compileFunction(code, ["module", "exports", "require"], { filename: file }) as (...given: unknown[]) => void;
    run(module, module.exports, requireShared);
    return module.exports.default;
  });
  return { file, definition: checked(kind, file, exported), call };
}

/** What bundles leave out: convoy itself, and TensorFlow, of which there must be one. */
function requireShared(name: string): unknown {
  return name === "convoy" ? define : requireOwn(name);
}

const asked: Record<ModuleKind, { by: string; member: string | null }> = {
  model: { by: "defineModel", member: "build" },
  loss: { by: "defineLoss", member: "lossOfRows" },
  callback: { by: "defineCallback", member: null },
  rule: { by: "defineRule", member: "find" },
  reader: { by: "defineReader", member: "read" },
};

function checked<Kind extends ModuleKind>(kind: Kind, file: string, exported: unknown): Defined<Kind> {
  const { by, member } = asked[kind];
  const given = exported as { kind?: string } | null | undefined;
  if (given?.kind !== kind) {
    const received = given?.kind === undefined ? typeof exported : `a ${given.kind}`;
    throw new ModuleFailed(`${file} must export by default what ${by}({ … }) gives; received ${received}`);
  }
  if (member !== null && typeof (given as Record<string, unknown>)[member] !== "function")
    throw new ModuleFailed(`${file}: ${by} needs a function ${member}`);
  return given as Defined<Kind>;
}

/** Promises are followed: what they are rejected with is explained too. */
function guarded<Result>(trace: ModuleTrace, during: string, work: () => Result): Result {
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw trace.failure(during, error);
    }) as Result;
  } catch (error) {
    throw trace.failure(during, error);
  }
}

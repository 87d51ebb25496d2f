import type { Pipeline } from "../ml/pipeline.ts";
import { pipelineModules } from "../ml/module/pipeline-modules.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { bundleModule } from "./bundle-module.ts";
import { evaluateModule } from "./load-module.ts";

/**
 * Brings a pipeline's own modules into the store, so that it needs this machine's files no more. Each is tried here first: a mistake in the
 * last stage's module is not found hours later.
 *
 * @param folder that the modules' paths start from
 * @returns the pipeline with a reference by content in place of each path
 * @throws {ModuleFailed} @throws {InvalidConfiguration}
 */
export async function storeModules(pipeline: Pipeline, folder: string, artifacts: Pick<ArtifactStore, "put">): Promise<Pipeline> {
  const stored = structuredClone(pipeline);
  for (const { kind, reference, replace } of pipelineModules(stored)) {
    if (typeof reference !== "string") continue;
    const code = await bundleModule(reference, folder);
    evaluateModule(kind, reference, Buffer.from(code).toString("utf8"));
    replace({ file: reference, code: await artifacts.put(code, "text/javascript; charset=utf-8") });
  }
  return stored;
}

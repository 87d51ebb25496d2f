import type { Pipeline } from "../ml/pipeline.ts";
import { isChildRun } from "../ml/run/is-child-run.ts";
import type { Store } from "../storage/open-store.ts";
import { UnknownRun } from "./types.ts";

/** Full id of a unique beginning, or of `latest`; runs that are part of another one only by a beginning that no other has. @throws {UnknownRun} */
export async function resolveRunId({ runs }: Pick<Store, "runs">, prefix: string): Promise<string> {
  const ids = await runs.ids();
  const own = ids.filter((id) => !isChildRun(id));
  const begun = (list: readonly string[]) => list.filter((id) => id.startsWith(prefix));
  const others = begun(own).length > 0 ? begun(own) : begun(ids);
  const matches = prefix === "latest" ? own.slice(0, 1) : ids.includes(prefix) ? [prefix] : others;
  const [found] = matches;
  if (found !== undefined && matches.length === 1) return found;
  if (ids.length === 0) throw new UnknownRun("There are no runs yet; start one with `convoy run pipelines/mnist.yaml`");
  const recent = own.slice(0, 3).join(", ");
  if (found === undefined) throw new UnknownRun(`No run's id begins with ${JSON.stringify(prefix)}; the newest are ${recent}`);
  throw new UnknownRun(
    `${matches.length} runs begin with ${JSON.stringify(prefix)}: ${matches.slice(0, 5).join(", ")}; give more letters`,
  );
}

/** The pipeline with the whole id of the run whose split it extends: workers know no beginnings, and it enters the ledger's key. @throws {UnknownRun} */
export async function withKnownRun(store: Pick<Store, "runs">, pipeline: Pipeline): Promise<Pipeline> {
  const { split } = pipeline;
  if (split.extends === undefined) return pipeline;
  return { ...pipeline, split: { ...split, extends: await resolveRunId(store, split.extends) } };
}

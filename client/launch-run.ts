import { searchAttributes, workflowIdPrefix } from "../temporal.config.ts";
import type { TrainModelRun } from "../workflows/run-state.ts";
import type { Link } from "./connect.ts";

/** Stores the record a run begins with and starts its workflow on the queues of a build. */
export async function launchRun(
  { store, temporal }: Pick<Link, "store" | "temporal">,
  run: Omit<TrainModelRun, "searchAttributes" | "restarts">,
): Promise<{ runId: string }> {
  const { record, queues } = run;
  const { runId, pipeline } = record;
  await store.runs.put(record);
  const known = await knowsSearchAttributes({ temporal });
  const args: [TrainModelRun] = [{ ...run, searchAttributes: known, restarts: 0 }];
  await temporal.workflow.start("trainModel", {
    workflowId: workflowIdPrefix + runId,
    taskQueue: queues.data,
    args,
    staticSummary: `${pipeline.name}, run ${runId}`,
    ...(known ? { searchAttributes: { ConvoyPipeline: [pipeline.name], ConvoyStatus: ["running"] } } : {}),
  });
  return { runId };
}

/** Some servers do not let us register attributes; runs then go without them. */
export async function knowsSearchAttributes({ temporal }: Pick<Link, "temporal">): Promise<boolean> {
  try {
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
      namespace: temporal.options.namespace,
    });
    return searchAttributes.every((name) => customAttributes?.[name] !== undefined);
  } catch {
    // Managed servers refuse the question itself: the same answer.
    return false;
  }
}

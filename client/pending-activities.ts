import type { WorkflowExecutionDescription } from "@temporalio/client";
import { WorkflowNotFoundError } from "@temporalio/client";

import type { Stage } from "../ml/stages.ts";
import { stages } from "../ml/stages.ts";
import { workflowIdPrefix } from "../temporal.config.ts";
import type { Link } from "./connect.ts";

export type PendingActivity = NonNullable<WorkflowExecutionDescription["raw"]["pendingActivities"]>[number];

/** What Temporal knows of a run; null where it does not know it (any more). */
export async function describeRun(
  { temporal }: Pick<Link, "temporal">,
  runId: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await temporal.workflow.getHandle(workflowIdPrefix + runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The stage an activity is, or is a part of; undefined for the promotion, which belongs to register. */
export function workOf({ activityType }: PendingActivity): { stage: Stage | undefined; isPart: boolean } {
  const name = activityType?.name ?? "";
  const isPart = name.endsWith("Part");
  return { stage: stages.find((stage) => name === (isPart ? `${stage}Part` : stage)), isPart };
}

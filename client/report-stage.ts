import type { RunRecord } from "../ml/run/schema.ts";
import type { ReportStage } from "../ml/stages.ts";

/** Whose page says most of a run: the evaluation's, or the check's where that stopped it; null where there is neither. */
export function reportStage({ stages }: Pick<RunRecord, "stages">): ReportStage | null {
  const isDone = (name: ReportStage) =>
    stages.some((stage) => stage.name === name && (stage.status === "ran" || stage.status === "reused"));
  if (isDone("evaluate")) return "evaluate";
  const check = stages.find(({ name }) => name === "check");
  return check?.status === "failed" && check.outputs["page"] !== undefined ? "check" : null;
}

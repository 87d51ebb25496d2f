import type { Condition } from "../ml/run/where.ts";
import { parseWhere } from "../ml/run/where.ts";
import type { RunRow } from "../ml/run/schema.ts";
import { isChildRun } from "../ml/run/is-child-run.ts";
import { RunIndex } from "../storage/run-index.ts";
import { RunNotesStore } from "../storage/run-notes.ts";
import type { Link } from "./connect.ts";
import { nearest } from "./nearest.ts";
import { findView } from "./run-view.ts";
import { settingKeys } from "./setting-keys.ts";
import type { ListedRun, ListOptions } from "./types.ts";

/** Fields of a run itself; beside them a condition may name any key of a pipeline file, `metrics.<part>.<name>` and `tags.<name>`. */
const ownFields = ["runId", "pipeline", "status", "startedAt", "finishedAt", "accuracy", "model", "note"];
const parts = ["train", "trainEval", "validation", "test"];

/** Runs, newest first, of which the condition is true. */
export async function searchRuns(link: Link, { limit, pipeline, where }: ListOptions): Promise<ListedRun[]> {
  const condition = where === undefined ? null : parseWhere(where, isSearchable);
  const { objects, runs } = link.store;
  const [all, notes] = await Promise.all([runs.ids(), new RunNotesStore(objects).all()]);
  const ids = all.filter((runId) => !isChildRun(runId));
  const found: ListedRun[] = [];
  const paused = new Set<string>();
  const current = async (runId: string) => {
    const view = await findView(link, runId);
    if (view && view.paused.length > 0) paused.add(runId);
    return view?.record ?? null;
  };
  for await (const { parameters, ...row } of new RunIndex(objects).rows(ids, current)) {
    const { tags = {}, note = "" } = notes.get(row.runId) ?? {};
    const shown: ListedRun = { ...row, status: paused.has(row.runId) ? "paused" : row.status, tags, note };
    if (isWanted(shown, parameters, pipeline, condition)) found.push(shown);
    if (found.length >= limit) break;
  }
  return found;
}

function isWanted(
  run: ListedRun,
  parameters: RunRow["parameters"],
  pipeline: string | undefined,
  condition: Condition | null,
): boolean {
  if (pipeline !== undefined && run.pipeline !== pipeline) return false;
  return condition === null || condition({ ...parameters, ...run });
}

/** @returns true, or what to tell whoever wrote the name */
function isSearchable(name: string): string | true {
  const [first = "", second = ""] = name.split(".");
  if (ownFields.includes(name) || (first === "tags" && second !== "")) return true;
  if (first === "metrics" && parts.includes(second)) return true;
  const keys = settingKeys().map(({ value }) => value.replace(/=$/, ""));
  if (keys.includes(name)) return true;
  const near = nearest(name, [...ownFields, ...keys, ...parts.map((part) => `metrics.${part}.accuracy`)]);
  const says = near
    ? `did you mean ${near}?`
    : "there are pipeline, status, metrics.test.accuracy, tags.NAME and every key of a pipeline file";
  return `there is no field ${name}; ${says}`;
}

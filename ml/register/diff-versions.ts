import type { Difference } from "../differences.ts";
import { differences } from "../differences.ts";
import type { ModelVersion } from "./schema.ts";

export interface VersionDifference {
  /** Same signature and files. */
  sameContent: boolean;
  /** All metrics of both; `delta` is b minus a. */
  metrics: { name: string; a: number | null; b: number | null; delta: number | null }[];
  /** But for the normalizer, whose hash is in the lineage. */
  signature: Difference[];
  /** sha256 of what they were made from. */
  lineage: Difference[];
  /** Of the two runs' pipelines; empty where a run's record is gone. */
  parameters: Difference[];
}

/** What parts two versions of a model, and the pipelines that made them. */
export function diffVersions(a: ModelVersion, b: ModelVersion, pipelines: { a: unknown; b: unknown }): VersionDifference {
  const names = [...new Set([...Object.keys(a.metrics), ...Object.keys(b.metrics)])];
  return {
    sameContent: a.contentHash === b.contentHash,
    metrics: names.map((name) => {
      const [left, right] = [a.metrics[name] ?? null, b.metrics[name] ?? null];
      return { name, a: left, b: right, delta: left === null || right === null ? null : right - left };
    }),
    signature: differences(formOf(a), formOf(b)),
    lineage: differences(a.lineage, b.lineage),
    parameters: pipelines.a && pipelines.b ? differences(pipelines.a, pipelines.b) : [],
  };
}

function formOf({ signature: { normalizer: _normalizer, ...form } }: ModelVersion) {
  return form;
}

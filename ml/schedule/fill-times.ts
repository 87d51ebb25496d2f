import { InvalidConfiguration } from "../errors.ts";
import type { Pipeline } from "../pipeline.ts";

/** Names that stand for a run's nominal time, and what they become. */
const times: Readonly<Record<string, (scheduledAt: string) => string>> = {
  scheduledAt: (scheduledAt) => scheduledAt,
  scheduledDate: (scheduledAt) => scheduledAt.slice(0, 10),
};

/**
 * A pipeline with its nominal time in place of `{{scheduledAt}}` (2026-01-31T06:00:00Z) and `{{scheduledDate}}` (2026-01-31) in its dataset
 * paths.
 *
 * @param scheduledAt ISO 8601, UTC, to the second
 * @throws {InvalidConfiguration} for any other name in double braces
 */
export function fillTimes(pipeline: Pipeline, scheduledAt: string): Pipeline {
  const { path } = pipeline.dataset;
  const filled = typeof path === "string" ? fill(path, scheduledAt) : path.map((each) => fill(each, scheduledAt));
  return { ...pipeline, dataset: { ...pipeline.dataset, path: filled } };
}

function fill(text: string, scheduledAt: string): string {
  return text.replaceAll(/\{\{\s*([^}]*?)\s*\}\}/g, (whole, name: string) => {
    const time = Object.hasOwn(times, name) ? times[name] : undefined;
    if (time) return time(scheduledAt);
    throw new InvalidConfiguration(
      `dataset.path: ${whole} is not known; a schedule fills in ${Object.keys(times)
        .map((known) => `{{${known}}}`)
        .join(" and ")}`,
    );
  });
}

import { z } from "zod";

import { overlapPolicies } from "./overlap-policies.ts";

import { pipelineSchema } from "../pipeline.ts";
import { runStatuses } from "../run/schema.ts";

const duration = z.string().regex(/^[1-9][0-9]{0,5} ?(s|m|h|d)$/, "a number of seconds, minutes, hours or days: 30m, 6h, 7d");

/** `schedules/<name>.json`: everything there is to say of a schedule. What Temporal runs is made from it, on any cluster. */
export const scheduleSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "lower-case letters, digits and dashes, at most 60"),
  /** Its dataset paths may hold `{{scheduledAt}}` and `{{scheduledDate}}`. */
  pipeline: pipelineSchema,
  /** Folder that relative dataset paths start from, on the workers. */
  baseFolder: z.string(),
  when: z.union([z.strictObject({ cron: z.array(z.string().min(1)).min(1) }), z.strictObject({ every: duration })]),
  /** IANA name; cron times are of this zone. */
  timeZone: z.string(),
  /** Each start is moved by chance, by up to so long. */
  jitter: duration.nullable(),
  overlap: z.enum(overlapPolicies),
  /** Times that passed while no server was there are made up for if they are no older. */
  catchUp: duration,
  pauseOnFailure: z.boolean(),
  createdAt: z.string(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** `schedules/<name>/<nominal time>-<run id>.json`: what a schedule did at one of its times, and why. Times are ISO 8601 UTC. */
export const scheduledRunSchema = z.strictObject({
  formatVersion: z.literal(1),
  schedule: z.string(),
  /** The time it was meant for, however late it was. */
  scheduledAt: z.string(),
  /** The run; null where nothing said that one is needed. */
  runId: z.string().nullable(),
  /** Why it trained, or did not. */
  reasons: z.array(z.string()),
  /** sha256 of the data's list of files; null where the data could not be found. */
  source: z.string().nullable(),
  /** Distance to the data trained on last, 0 to 1; null where nobody asked. */
  drift: z.number().nullable(),
  status: z.enum([...runStatuses, "skipped"]),
  model: z.strictObject({ name: z.string(), version: z.int(), isNew: z.boolean() }).nullable(),
  error: z.string().nullable(),
});
export type ScheduledRun = z.infer<typeof scheduledRunSchema>;

import type { ScheduleOptions, ScheduleSpec } from "@temporalio/client";
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";
import type { Duration } from "@temporalio/common";

import { InvalidConfiguration } from "../ml/errors.ts";
import type { OverlapPolicy } from "../ml/schedule/overlap-policies.ts";
import type { Schedule } from "../ml/schedule/schema.ts";
import type { Retraining } from "../workflows/retrain.ts";
import type { Link } from "./connect.ts";
import { knowsSearchAttributes } from "./launch-run.ts";

export const temporalOverlap: Readonly<Record<OverlapPolicy, ScheduleOverlapPolicy>> = {
  skip: ScheduleOverlapPolicy.SKIP,
  bufferOne: ScheduleOverlapPolicy.BUFFER_ONE,
  bufferAll: ScheduleOverlapPolicy.BUFFER_ALL,
  cancelOther: ScheduleOverlapPolicy.CANCEL_OTHER,
  terminateOther: ScheduleOverlapPolicy.TERMINATE_OTHER,
  allowAll: ScheduleOverlapPolicy.ALLOW_ALL,
};

/** Temporal's id of a schedule: several stores may share a server. */
export function scheduleIdOf({ store }: Pick<Link, "store">, name: string): string {
  return `convoy-${store.id}-${name}`;
}

/**
 * Makes Temporal run a schedule as its source says, in the present build; whether it is paused stays as it is.
 * @throws {InvalidConfiguration} where the server refuses a time specification
 */
export async function applySchedule(link: Link, schedule: Schedule): Promise<void> {
  const { temporal } = link;
  const scheduleId = scheduleIdOf(link, schedule.name);
  const options = await optionsOf(link, schedule);
  try {
    await temporal.schedule.getHandle(scheduleId).update(({ state }) => ({ ...options, state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw asRefusal(error, schedule);
    await temporal.schedule.create({ scheduleId, ...options }).catch((cause: unknown) => {
      throw asRefusal(cause, schedule);
    });
  }
}

async function optionsOf(link: Link, schedule: Schedule): Promise<Omit<ScheduleOptions, "scheduleId" | "state">> {
  const { name, overlap, catchUp, pauseOnFailure, pipeline } = schedule;
  const args: [Retraining] = [{ name, searchAttributes: await knowsSearchAttributes(link) }];
  return {
    spec: specOf(schedule),
    action: {
      type: "startWorkflow",
      workflowType: "retrain",
      workflowId: `convoy-schedule-${name}`,
      taskQueue: link.queues.data,
      args,
      staticSummary: `schedule ${name}, pipeline ${pipeline.name}`,
    },
    policies: { overlap: temporalOverlap[overlap], catchupWindow: catchUp as Duration, pauseOnFailure },
  };
}

function specOf({ when, timeZone, jitter }: Schedule): ScheduleSpec {
  return {
    ...("cron" in when ? { cronExpressions: [...when.cron] } : { intervals: [{ every: when.every as Duration }] }),
    timezone: timeZone,
    ...(jitter === null ? {} : { jitter: jitter as Duration }),
  };
}

/** The SDK tells a time specification that the server refuses by a TypeError, in the server's words. */
function asRefusal(error: unknown, { name, when, timeZone }: Schedule): unknown {
  if (!(error instanceof TypeError)) return error;
  const times =
    "cron" in when ? `--cron ${when.cron.map((each) => JSON.stringify(each)).join(" --cron ")}` : `--every ${when.every}`;
  return new InvalidConfiguration(`Schedule ${name} with ${times} and time zone ${timeZone} is refused: ${error.message}`, {
    cause: error,
  });
}

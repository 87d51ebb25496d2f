import type { ScheduleView } from "../../client/schedules.ts";
import type { ScheduledRun } from "../../ml/schedule/schema.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { moment } from "../format.ts";
import { printPairs } from "../pairs.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

const states = { active: "active", paused: "paused", notApplied: "not on this server" } as const;

/** `convoy schedule list`. */
export async function listSchedules(call: Call): Promise<number> {
  const views = await withConvoy(call, ({ schedules }) => schedules.list());
  if (call.common.json) printJson(call, views);
  else if (views.length > 0) await printTable(call.terminal.stdout, listColumns, views);
  else if (!call.common.quiet)
    call.terminal.stderr.write("There are no schedules yet. Make one: convoy schedule create NAME FILE --every 1d\n");
  return exitCodes.done;
}

const listColumns: Column<ScheduleView>[] = [
  { title: "SCHEDULE", cell: ({ schedule }) => schedule.name },
  { title: "PIPELINE", cell: ({ schedule }) => schedule.pipeline.name, rank: 2 },
  { title: "STATE", cell: ({ state }) => states[state] },
  { title: "TIMES", cell: ({ schedule }) => timesText(schedule) },
  {
    title: "NEXT",
    cell: ({ nextTimes: [next] }) => (next ? moment(next) : "-"),
    exact: ({ nextTimes: [next] }) => next ?? "",
    rank: 1,
  },
  { title: "LAST", cell: ({ last }) => last?.status ?? "-", rank: 3 },
];

/** `convoy schedule show NAME`. */
export async function showSchedule(call: Call<{ name: string }>): Promise<number> {
  const { terminal } = call;
  const view = await withConvoy(call, ({ schedules }) => schedules.show(call.arguments.name));
  if (call.common.json) {
    printJson(call, view);
    return exitCodes.done;
  }
  const { schedule, state, note, nextTimes, runs } = view;
  const { overlap, catchUp, jitter, pauseOnFailure, pipeline, baseFolder } = schedule;
  if (terminal.stdout.isTerminal)
    printPairs(terminal, [
      ["schedule", schedule.name],
      ["pipeline", pipeline.name],
      ["data", `${[pipeline.dataset.path].flat().join(", ")} (from ${baseFolder})`],
      ["state", `${states[state]}${note ? ` (${note})` : ""}`],
      ["times", timesText(schedule)],
      ["next", nextTimes.slice(0, 3).map(moment).join(", ") || "-"],
      [
        "policy",
        `overlap ${overlap}, catch-up ${catchUp}, jitter ${jitter ?? "none"}, ${pauseOnFailure ? "pauses" : "goes on"} on failure`,
      ],
    ]);
  await printTable(terminal.stdout, runColumns, runs);
  return exitCodes.done;
}

const runColumns: Column<ScheduledRun>[] = [
  { title: "TIME", cell: ({ scheduledAt }) => scheduledAt },
  { title: "RUN", cell: ({ runId }) => runId ?? "-" },
  { title: "STATUS", cell: ({ status }) => status },
  { title: "MODEL", cell: ({ model }) => (model ? `${model.name}:${model.version}` : "-"), rank: 1 },
  { title: "WHY", cell: ({ error, reasons }) => error ?? reasons.join("; "), rank: 2 },
];

function timesText({ when, timeZone }: ScheduleView["schedule"]): string {
  return "cron" in when ? `${when.cron.join(", ")} (${timeZone})` : `every ${when.every}`;
}

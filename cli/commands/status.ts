import type { ListedRun } from "../../client/types.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { moment } from "../format.ts";
import { printParts } from "../stack-table.ts";
import { printTable } from "../table.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

const lookedAt = 50;
const startable: ReadonlySet<string> = new Set(["stopped", "failed", "broken"]);

/** `convoy status`: the parts of the stack and the runs going on. Starts nothing. */
export async function showStatus(call: Call): Promise<number> {
  const { common, terminal } = call;
  const report = await call.services.stackStatus({ profile: common.profile, onProgress: () => {} });
  const isUp = report.state === "running" || report.state === "external";
  // Storage alone is started by what needs no more; asking for runs would start the rest.
  const hasTemporal = report.parts.some(({ name, state }) => name === "temporal" && state !== "stopped");
  const runs = isUp && hasTemporal ? await activeRuns(call) : [];
  if (common.json) printJson(call, { ...report, runs });
  else {
    await printParts(terminal.stdout, report);
    for (const notice of report.notices) terminal.stderr.write(`${terminal.stderr.colors.yellow("!")} ${notice}\n`);
    if (startable.has(report.state))
      terminal.stderr.write(`The stack of profile ${report.profile} is ${report.state}. Start it: convoy up\n`);
    if (runs.length > 0 && terminal.stdout.isTerminal) terminal.stdout.write("\n");
    await printTable(
      terminal.stdout,
      [
        { title: "RUN", cell: (run) => run.runId },
        { title: "PIPELINE", cell: (run) => run.pipeline },
        { title: "STATUS", cell: (run) => run.status },
        { title: "STARTED", cell: (run) => moment(run.startedAt), exact: (run) => run.startedAt },
      ],
      runs,
    );
  }
  return report.state === "failed" || report.state === "broken" ? exitCodes.missing : exitCodes.done;
}

async function activeRuns(call: Call): Promise<ListedRun[]> {
  const rows = await withConvoy(call, (convoy) => convoy.listRuns({ limit: lookedAt }));
  return rows.filter(({ status }) => status === "running" || status === "waiting" || status === "paused");
}

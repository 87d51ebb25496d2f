import { spawn } from "node:child_process";

import type { ReportStage } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { reportStage } from "../../client/report-stage.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type OpenCall = Call<{ run: string | undefined }, { stage: ReportStage | "train" | undefined; print: boolean }>;

/** `convoy open [RUN]`: fetches the report, or the folder of a training's logs, and opens it; its path is printed whatever happens. */
export async function openReport(call: OpenCall): Promise<number> {
  const { options, common, terminal } = call;
  const { runId, stage, path } = await withConvoy(call, async (convoy) => {
    const id = await convoy.resolveRunId(call.arguments.run ?? "latest");
    const shown = options.stage ?? reportStage((await convoy.viewRun(id)).record) ?? "evaluate";
    const fetched = shown === "train" ? convoy.trainingLogs(id) : convoy.reportPath(id, shown);
    return { runId: id, stage: shown, path: await fetched };
  });
  if (common.json) printJson(call, { runId, stage, path });
  else terminal.stdout.write(`${path}\n`);
  // A program that reads the path, or a machine without a screen, wants no browser.
  if (options.print || common.json || !terminal.stdout.isTerminal) return exitCodes.done;
  if (!(await openFile(path)) && !common.quiet)
    terminal.stderr.write("No program opened it; open the file above in a browser.\n");
  return exitCodes.done;
}

/** Whether the desktop's opener took the file. */
function openFile(path: string): Promise<boolean> {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  return new Promise((resolve) => {
    const child = spawn(opener, [path], { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false)); // not installed
    child.once("exit", (code) => resolve(code === 0));
    child.once("spawn", () => setTimeout(() => resolve(true), 1500).unref()); // some openers stay as long as the browser
    child.unref();
  });
}

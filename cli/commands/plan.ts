import { loadPipelineFile } from "../../client/pipeline-file.ts";
import type { StageForecast } from "../../ml/run/forecast.ts";
import type { Stage } from "../../ml/stages.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { duration } from "../format.ts";
import type { Column } from "../table.ts";
import { printTable } from "../table.ts";
import type { Colors } from "../terminal.ts";
import { printJson, withConvoy } from "../with-convoy.ts";

type Line = Pick<StageForecast, "action" | "why" | "seconds"> & { stage: string };

type PlanCall = Call<{ file: string }, { set: readonly string[]; until: Stage | undefined }>;

/** `convoy plan FILE`: what a run would reuse or do, why, and about how long that takes. Starts nothing. */
export async function planRun(call: PlanCall): Promise<number> {
  const { arguments: given, options, common, terminal } = call;
  const loaded = await loadPipelineFile(given.file, { set: options.set, folder: terminal.folder });
  const stages = await withConvoy(call, (convoy) => convoy.forecastRun({ ...loaded, until: options.until }));
  const unknown = [...new Set(stages.filter(({ seconds }) => seconds === null).map(({ stage }) => stage))];
  const known = stages.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  const minutes = unknown.length === 0 ? known / 60 : null;
  if (common.json) {
    printJson(call, { pipeline: loaded.pipeline.name, stages, minutes, neverRan: unknown });
    return exitCodes.done;
  }
  await printTable(terminal.stdout, columns(terminal.stdout.colors), linesOf(stages));
  if (!common.quiet) terminal.stderr.write(`\n${totalText(stages, known, unknown)}\n`);
  return exitCodes.done;
}

/** A line a stage, and one for each fold. */
function linesOf(forecasts: readonly StageForecast[]): Line[] {
  return forecasts.flatMap((forecast, i): Line[] => {
    if (forecast.fold === undefined) return [forecast];
    return forecasts[i - 1]?.fold === forecast.fold ? [] : [foldLine(forecast.fold, forecasts)];
  });
}

function foldLine(fold: number, forecasts: readonly StageForecast[]): Line {
  const own = forecasts.filter((forecast) => forecast.fold === fold);
  const runs = own.filter(({ action }) => action === "run");
  const [next] = runs;
  const seconds = own.some((forecast) => forecast.seconds === null)
    ? null
    : own.reduce((sum, forecast) => sum + (forecast.seconds ?? 0), 0);
  if (!next) return { stage: `fold ${fold}`, action: "reuse", why: own.at(-1)?.why ?? "", seconds };
  return { stage: `fold ${fold}`, action: "run", why: `from ${next.stage} on: ${next.why}`, seconds };
}

function columns(colors: Colors): Column<Line>[] {
  const paint = { run: colors.yellow, reuse: colors.green, skip: colors.dim };
  return [
    { title: "STAGE", cell: ({ stage }) => stage },
    { title: "ACTION", cell: ({ action }) => paint[action](action), exact: ({ action }) => action },
    {
      title: "ABOUT",
      cell: ({ seconds, action }) => (action === "run" ? (seconds === null ? "?" : duration(seconds)) : "-"),
      exact: ({ seconds }) => String(seconds ?? ""),
      align: "right",
    },
    { title: "WHY", cell: ({ why }) => why },
  ];
}

function totalText(stages: readonly StageForecast[], known: number, unknown: readonly Stage[]): string {
  const runs = stages.filter(({ action }) => action === "run").length;
  if (runs === 0) return "Nothing to do: everything is reused.";
  const never =
    unknown.length > 0 ? `; ${unknown.join(", ")} never ran, so nothing is known of ${unknown.length === 1 ? "it" : "them"}` : "";
  return (
    `${runs} of ${stages.length} stages run, about ${duration(known)} by what they took before${never}. ` +
    `A stage is reused after all where what it takes comes out as before.`
  );
}

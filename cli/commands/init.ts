import { initPipeline } from "../../client/init-pipeline.ts";
import type { GuessedReading } from "../../ml/ingest/source-survey.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { oneLine, quantity, shellWord } from "../format.ts";
import { printJson } from "../with-convoy.ts";

/** `convoy init FOLDER`: writes a pipeline file for some data. Needs no server. */
export async function initFile(call: Call<{ data: string }, { output: string | undefined }>): Promise<number> {
  const { common, terminal } = call;
  const { file, guessed } = await initPipeline({
    data: call.arguments.data,
    output: call.options.output,
    folder: terminal.folder,
  });
  if (common.json) {
    printJson(call, { file, guessed });
    return exitCodes.done;
  }
  terminal.stdout.write(`${file}\n`);
  if (common.quiet) return exitCodes.done;
  const facts = factsOf(guessed).map(([name, value]) => `  ${name.padEnd(8)} ${oneLine(value)}`);
  const next = ["Look it through, then", `  convoy plan ${shellWord(file)}`, `  convoy run ${shellWord(file)} --smoke`];
  terminal.stderr.write(`${[...facts, "", ...next].join("\n")}\n`);
  return exitCodes.done;
}

function factsOf({ layout, classCounts, table, key, label, group, forbidden, parts, size }: GuessedReading): [string, string][] {
  const classes = Object.entries(classCounts);
  const shown = classes.slice(0, 8).map(([name, count]) => `${name} ${quantity(count)}`);
  return [
    ["layout", layout === "table" ? `table ${table}, key ${key}, label ${label}` : layout],
    ...(classes.length > 0
      ? [
          [
            "classes",
            `${shown.join(", ")}${classes.length > shown.length ? ` and ${classes.length - shown.length} more` : ""}`,
          ] as [string, string],
        ]
      : []),
    ["group", group ?? "none found"],
    ["parts", parts],
    ...(forbidden ? [["left out", forbidden.map(({ column }) => column).join(", ")] as [string, string]] : []),
    ...(size ? [["size", `${size.height}×${size.width}`] as [string, string]] : []),
  ];
}

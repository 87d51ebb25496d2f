import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { childVariables, readEnvironment } from "../environment.ts";
import { projectFolder } from "./convoy-process.ts";
import { findReferenceCase, referenceArguments, referenceCases } from "./reference/cases.ts";

/**
 * Runs a reference case at full length on its real data and ends as `convoy run` does:
 * `npm run reference -- CASE [--data FOLDER] [--seed N] [--set KEY=VALUE …] [--json]`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    seed: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  },
});

const [name = ""] = positionals;
const dataFolder = values.data ?? readEnvironment().CONVOY_REFERENCE_DATA;
const found = findReferenceCase(name);
if (!found || positionals.length !== 1) {
  explain(`there is no reference case named "${name}"`);
} else if (dataFolder === undefined) {
  explain("it is not said where the data lies: give --data FOLDER, or set CONVOY_REFERENCE_DATA");
} else {
  const settings = values.seed === undefined ? values.set : [...values.set, `seed=${values.seed}`];
  const args = [...referenceArguments(found, dataFolder, settings), ...(values.json ? ["--json"] : [])];
  const child = spawn(join(projectFolder, "convoy"), args, { stdio: "inherit", env: childVariables({}) });
  child.on("close", (code) => (process.exitCode = code ?? 1));
}

function explain(problem: string): void {
  const lines = referenceCases.map((entry) => `  ${entry.name.padEnd(18)}${entry.folder.padEnd(16)}${entry.goal}`);
  process.stderr.write(
    `error: ${problem}; the cases, their folders within the data folder, and their goals:\n\n${lines.join("\n")}\n\n` +
      "npm run reference -- CASE --data FOLDER [--seed N] [--set KEY=VALUE …] [--json]\n",
  );
  process.exitCode = 2;
}

import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { presentBuild } from "../support/present-build.ts";

let main: string;
let folder: string;
beforeAll(async () => {
  main = join(await presentBuild(), "programs", "cli.js");
  folder = await mkdtemp(join(tmpdir(), "convoy-main-"));
  await writeFile(join(folder, "wrong.yaml"), "nam: digits\n");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const quietVariables = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CI", "TERM"];

/** Runs a shell line in which `convoy` is the compiled command line. */
async function shell(
  line: string,
  variables: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const inherited = Object.entries(process.env).filter(([name]) => !quietVariables.includes(name));
  const env = { ...Object.fromEntries(inherited), TERM: "xterm", XDG_CACHE_HOME: folder, ...variables };
  const script = `set -o pipefail; convoy() { "${process.execPath}" "${main}" "$@"; }\n${line}`;
  try {
    return { code: 0, ...(await promisify(execFile)("bash", ["-c", script], { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** The same on a pseudo terminal of a given width; null where `script` is not installed. */
function onTerminal(args: string, columns: number, variables: Record<string, string> = {}): string | null {
  const inherited = Object.entries(process.env).filter(([name]) => !quietVariables.includes(name));
  const env = { ...Object.fromEntries(inherited), TERM: "xterm", XDG_CACHE_HOME: folder, ...variables };
  const line = `stty cols ${columns} rows 24; "${process.execPath}" "${main}" ${args}`;
  const { stdout, error } = spawnSync("script", ["-qec", line, "/dev/null"], { cwd: folder, env, encoding: "utf8" });
  return error ? null : stdout;
}

const hasScript = spawnSync("script", ["--version"]).status === 0;
const escape = "\u001B[";

describe("as a process", () => {
  test("a reader that has gone is no error", async () => {
    const { code, stderr } = await shell("{ sleep 0.3; convoy --help; } | true; exit ${PIPESTATUS[0]}");

    expect([code, stderr]).toEqual([0, ""]);
  });

  test("a wrong file ends with 2, its mistakes on stderr only", async () => {
    const { code, stdout, stderr } = await shell("convoy run wrong.yaml");

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("wrong.yaml:1:1");
    expect(stderr).toContain("did you mean `name`?");
  });

  test.each([
    ["piped", {}, false],
    ["piped in CI", { CI: "true" }, false],
    ["piped with FORCE_COLOR", { FORCE_COLOR: "1" }, true],
    ["piped with NO_COLOR beside FORCE_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("%s, colour is %o → %s", async (_what, variables, isColored) => {
    const { stdout, stderr } = await shell("convoy --help; convoy run wrong.yaml || true", variables);

    expect([stdout.includes(escape), stderr.includes(escape)]).toEqual([isColored, isColored]);
  });

  test("--version is the package's", async () => {
    const { stdout } = await shell("convoy --version");

    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("--help costs less than six times what Node needs to start and end", async () => {
    // In turns, and processor time, since neither a busy nor a slow machine is to decide.
    const [help, bare]: [number[], number[]] = [[], []];
    for (let i = 0; i < 5; i++) {
      help.push(await processorSeconds("convoy --help"));
      bare.push(await processorSeconds("node --eval 0"));
    }

    expect(Math.min(...help) / Math.min(...bare)).toBeLessThan(6);
  });
});

async function processorSeconds(command: string): Promise<number> {
  const { stderr } = await shell(`TIMEFORMAT="%U %S"; time ${command} >/dev/null`);
  return stderr
    .trim()
    .split(" ")
    .reduce((sum, part) => sum + Number(part), 0);
}

describe.skipIf(!hasScript)("on a terminal (needs util-linux' script)", () => {
  test("help is coloured, and not under NO_COLOR, --no-color or TERM=dumb", () => {
    expect(onTerminal("--help", 80)).toContain(escape);
    expect(onTerminal("--help", 80, { NO_COLOR: "1" })).not.toContain(escape);
    expect(onTerminal("--help --no-color", 80)).not.toContain(escape);
    expect(onTerminal("--help", 80, { TERM: "dumb" })).not.toContain(escape);
  });

  test.each([40, 200])("help fits %i columns", (columns) => {
    const text = onTerminal("run --help", columns, { NO_COLOR: "1" }) ?? "";
    const [usage = ""] = text.split("Examples:");

    for (const line of usage.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(columns);
  });
});

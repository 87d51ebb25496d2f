import { execFile, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { presentBuild } from "../support/present-build.ts";

let folder: string;
beforeAll(async () => {
  const main = join(await presentBuild(), "programs", "cli.js");
  folder = await mkdtemp(join(tmpdir(), "convoy-completion-"));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "convoy"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  await chmod(join(folder, "bin", "convoy"), 0o755);
  await mkdir(join(folder, "pipelines"));
  await writeFile(join(folder, "pipelines", "mnist.yaml"), "");
  await mkdir(join(folder, "convoy", "recent-runs"), { recursive: true });
  await writeFile(join(folder, "convoy", "recent-runs", "default.json"), '["0j3k7abc","0j3k6zzz"]');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const environment = () => ({
  HOME: folder,
  PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
  XDG_CACHE_HOME: folder,
  TERM: "dumb",
});

/** What Tab offers at the end of a line, asked the way bash asks: with the words that it makes of the line. */
async function offered(line: string): Promise<string[]> {
  // bash splits words at = and : as well; a script that trusts COMP_WORDS alone loses what stands before.
  const words = line.split(/\s+|(?==)|(?<==)/);
  const script = `
    eval "$(convoy completion bash)"
    COMP_LINE=${quoted(line)} COMP_POINT=${line.length}
    COMP_WORDS=(${words.map(quoted).join(" ")}) COMP_CWORD=${words.length - 1}
    _convoy_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)("bash", ["--norc", "--noprofile", "-c", script], {
    cwd: folder,
    env: environment(),
  });
  return stdout.split("\n").filter(Boolean);
}

const quoted = (text: string) => `'${text}'`;

describe("in bash without bash-completion", () => {
  test.each<[string, string[]]>([
    ["convoy ru", ["run", "runs"]],
    ["convoy run pipe", ["pipelines/mnist.yaml"]],
    ["convoy run --de", ["--detach"]],
    ["convoy run x.yaml --set train.ep", ["train.epochs="]],
    ["convoy show l", ["latest"]],
    ["convoy show 0j3", ["0j3k7abc", "0j3k6zzz"]],
    ["convoy show latest --stage e", ["encode", "explore", "evaluate"]],
    ["convoy show latest --stage=ev", ["evaluate"]],
    ["convoy --json lo", ["logs"]],
    ["convoy completion ", ["bash", "zsh", "fish"]],
    ["convoy nonsense", []],
  ])("`%s` offers %j", async (line, expected) => {
    await expect(offered(line)).resolves.toEqual(expected);
  });

  test("never evaluates what was typed", async () => {
    await expect(offered("convoy show $(touch${IFS}hacked)")).resolves.toEqual([]);
    expect(spawnSync("ls", ["hacked"], { cwd: folder }).status).not.toBe(0);
  });

  test.skipIf(spawnSync("script", ["--version"]).status !== 0)(
    "answers Tab on a terminal (needs util-linux' script)",
    async () => {
      const child = spawn("script", ["-qec", "bash --norc --noprofile -i", "/dev/null"], { cwd: folder, env: environment() });
      let text = "";
      child.stdout.on("data", (data: Buffer) => (text += data.toString()));
      child.stdin.write(`PS1='$ '; eval "$(convoy completion bash)"; echo rea''dy\n`);
      await expect.poll(() => text, { timeout: 10_000 }).toContain("ready\r\n");

      child.stdin.write("convoy complet\tba\t");
      await expect.poll(() => text, { timeout: 10_000 }).toMatch(/convoy completion bash $/);

      child.stdin.write("\u0015exit\n");
      await new Promise((resolve) => child.once("close", resolve));
    },
  );
});

test("every word a command or an option knows is offered with what it means", async () => {
  const { stdout } = await promisify(execFile)("convoy", ["__complete", "--", "run", "--"], { cwd: folder, env: environment() });

  expect(stdout).toContain("--detach\tprint the run id and return; the run goes on\n");
  expect(stdout).toContain("--help\t");
});

for (const shell of ["zsh", "fish"]) {
  test.skipIf(spawnSync(shell, ["--version"]).status !== 0)(`the script for ${shell} parses (needs ${shell})`, async () => {
    const { stdout } = await promisify(execFile)("convoy", ["completion", shell], { env: environment() });
    await writeFile(join(folder, `completion.${shell}`), stdout);

    const { status, stderr } = spawnSync(shell, ["-n", join(folder, `completion.${shell}`)], { encoding: "utf8" });

    expect([status, stderr]).toEqual([0, ""]);
  });
}

test.skipIf(spawnSync("fish", ["--version"]).status !== 0)("fish offers the same (needs fish)", async () => {
  const line = "convoy completion fish | source; complete -C 'convoy show latest --stage e'";

  const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", line], { cwd: folder, env: environment() });

  const values = stdout
    .trim()
    .split("\n")
    .map((text) => text.split("\t")[0]);
  expect(new Set(values)).toEqual(new Set(["encode", "evaluate", "explore"]));
});

import { execFileSync } from "node:child_process";
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { stages } from "../../ml/stages.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson, projectFolder, stageStatuses } from "../../bench/convoy-process.ts";

let copy: string;

/** The project's files as git knows them, with the installed packages: a colleague's checkout. */
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "convoy-edit-"));
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: projectFolder, encoding: "utf8" })
    .trim()
    .split("\n");
  for (const file of files) await cp(join(projectFolder, file), join(copy, file));
  await symlink(join(projectFolder, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rm(copy, { recursive: true, force: true }));

const run = () => convoyJson<RunOutcome>(["run", "pipelines/mnist.yaml"], { convoy: join(copy, "convoy"), cwd: copy });

test("an edit to a stage's code runs that stage again in new workers, and nothing whose input it left as it was", async () => {
  await run();
  const file = join(copy, "ml/encode/fit-encoder.ts");
  await writeFile(file, await readFile(file, "utf8"));
  await appendFile(file, "\n/** An edit that changes code but no result. */\nexport const editedByTest = 1;\n");

  const edited = await run();

  expect(stageStatuses(edited)).toEqual({ ...Object.fromEntries(stages.map((stage) => [stage, "reused"])), encode: "ran" });
});

test("a comment is not code: everything is reused", async () => {
  await appendFile(join(copy, "ml/split/schema.ts"), "\n// A remark.\n");

  const commented = await run();

  expect(new Set(Object.values(stageStatuses(commented)))).toEqual(new Set(["reused"]));
});

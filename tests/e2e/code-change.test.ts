import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client, Connection, WorkflowNotFoundError } from "@temporalio/client";
import { afterAll, beforeAll, expect, test } from "vitest";

import { readEnvironment } from "../../environment.ts";
import { stages } from "../../ml/stages.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson, projectFolder, stageStatuses } from "../../bench/convoy-process.ts";
import { waitUntil } from "../../bench/wait-until.ts";
import { buildFolder } from "../../stack/project.ts";
import { readLiveState } from "../../stack/stack-state.ts";
import { workflowIdPrefix } from "../../temporal.config.ts";
import { openSharedStore } from "../support/shared-store.ts";

let copy: string;
let edited: RunOutcome;

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

const few = ["ingest.maxImages=1000", "train.epochs=2"].flatMap((setting) => ["--set", setting]);
const run = () => convoyJson<RunOutcome>(["run", "pipelines/mnist.yaml", ...few], { convoy: join(copy, "convoy"), cwd: copy });

test("an edit to a stage's code runs that stage again in new workers, and nothing whose input it left as it was", async () => {
  await run();
  const file = join(copy, "ml/encode/fit-encoder.ts");
  await writeFile(file, await readFile(file, "utf8"));
  await appendFile(file, `\n/** An edit that changes code but no result. */\nexport const editedByTest = ${Date.now()};\n`);

  edited = await run();

  expect(stageStatuses(edited)).toEqual({ ...Object.fromEntries(stages.map((stage) => [stage, "reused"])), encode: "ran" });
});

test("a comment is not code: everything is reused", async () => {
  await appendFile(join(copy, "ml/split/schema.ts"), "\n// A remark.\n");

  const commented = await run();

  expect(new Set(Object.values(stageStatuses(commented)))).toEqual(new Set(["reused"]));
});

test("a run that Temporal knows no more is taken up from its record, in the very code it ran in, which only the store has", async () => {
  const { runs } = await openSharedStore();
  const { buildId } = (await runs.find(edited.runId))!;
  expect(existsSync(buildFolder(buildId))).toBe(false);
  await forget(workflowIdPrefix + edited.runId);

  const retried = await convoyJson<RunOutcome>(["retry", edited.runId, "--from", "evaluate", "--code", "original"]);

  expect(stageStatuses(retried)).toMatchObject({ encode: "reused", train: "reused", evaluate: "ran" });
  expect(await runs.find(retried.runId)).toMatchObject({
    buildId,
    origin: { code: "original", runId: edited.runId, codeChanged: [] },
  });
});

/** What retention does to a workflow once it is over. */
async function forget(workflowId: string): Promise<void> {
  const connection = await Connection.connect({ address: readLiveState(readEnvironment().stateFolder)!.temporal!.address });
  const { workflow } = new Client({ connection });
  await connection.workflowService.deleteWorkflowExecution({ namespace: "default", workflowExecution: { workflowId } });
  await waitUntil(async () => {
    const gone = await workflow
      .getHandle(workflowId)
      .describe()
      .catch((error: unknown) => error);
    return gone instanceof WorkflowNotFoundError;
  });
  await connection.close();
}

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { beforeAll, expect, test } from "vitest";

const folder = fileURLToPath(new URL("histories/", import.meta.url));
let code: string;

beforeAll(async () => {
  const logger = new DefaultLogger("ERROR");
  Runtime.install({ logger });
  ({ code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("../../workflows/index.ts", import.meta.url)),
    logger,
  }));
});

// Recorded by `temporal workflow show --workflow-id … --output json`, with every identity in it made "convoy".
// A run that was under way when its worker was replaced goes on in today's code only if that makes the same decisions.
test.each(readdirSync(folder))("replays the recorded history %s", async (file) => {
  const history = JSON.parse(readFileSync(`${folder}${file}`, "utf8")) as unknown;

  await expect(Worker.runReplayHistory({ workflowBundle: { code } }, history)).resolves.toBeUndefined();
});

test("notices a history that today's code would not have made", async () => {
  const text = readFileSync(`${folder}train-model-done.json`, "utf8");
  const altered = JSON.parse(text.replaceAll('"normalize"', '"standardize"')) as unknown;

  await expect(Worker.runReplayHistory({ workflowBundle: { code } }, altered)).rejects.toThrow(
    /[Nn]ondeterminism|does not match/,
  );
});

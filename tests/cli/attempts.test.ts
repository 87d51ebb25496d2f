import { expect, test } from "vitest";

import type { LogLine } from "../../client/types.ts";
import { aRecord, aView, FakeConvoy, stagesWith } from "../support/fake-convoy.ts";
import { runCommand } from "../support/run-command.ts";

function line(attempt: number, message: string, fields: Record<string, unknown> = {}): LogLine {
  return {
    time: `2026-01-02T03:04:0${attempt}.000Z`,
    level: "info",
    runId: "0j3k7abc",
    stage: "train",
    attempt,
    message,
    fields,
  };
}

test("`show` lists every attempt of a run that did not go well at once, with its error and how to read its log; `logs --attempt` does", async () => {
  const convoy = new FakeConvoy([
    aView(aRecord({ status: "done", stages: stagesWith({ train: { status: "ran", attempts: 2 } }) })),
  ]);
  convoy.logLines = [
    line(1, "train starts, attempt 1"),
    line(1, "train failed, attempt 1", { error: "TrainerCrashed: SIGKILL" }),
    line(2, "train done"),
  ];

  const shown = await runCommand(["show", "latest"], { convoy });
  const asJson = await runCommand(["show", "latest", "--json"], { convoy });
  const logs = await runCommand(["logs", "latest", "--stage", "train", "--attempt", "2", "--json"], { convoy });

  expect(shown.stdout).toContain(
    "train\t1\tfailed\t2026-01-02T03:04:01.000Z\tTrainerCrashed: SIGKILL\tconvoy logs 0j3k7abc --stage train --attempt 1\n" +
      "train\t2\tdone\t2026-01-02T03:04:02.000Z\t\tconvoy logs 0j3k7abc --stage train --attempt 2\n",
  );
  expect((JSON.parse(asJson.stdout) as { attempts: object[] }).attempts).toHaveLength(2);
  expect(JSON.parse(logs.stdout)).toMatchObject([{ attempt: 2, message: "train done" }]);
});

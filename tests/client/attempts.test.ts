import { expect, test } from "vitest";

import { attemptsOf } from "../../client/attempts.ts";
import type { LogLine } from "../../client/types.ts";
import type { StageStatus } from "../../ml/run/schema.ts";
import { stagesWith } from "../support/fake-convoy.ts";

async function* logged(...lines: [stage: string, attempt: number, message: string, fields?: object][]): AsyncIterable<LogLine> {
  for (const [second, [stage, attempt, message, fields = {}]] of lines.entries()) {
    const time = `2026-01-02T03:04:${String(second).padStart(2, "0")}.000Z`;
    yield { time, level: "info", runId: "r", stage, attempt, message, fields: { ...fields } };
  }
}
const withTrain = (status: StageStatus) => stagesWith({ train: { status } });

test("every attempt is told with its error, not only the last: one that failed, one whose worker went silent, one that ended well", async () => {
  const lines = logged(
    ["train", 1, "train starts, attempt 1"],
    ["train", 1, "train failed, attempt 1", { error: "TrainerCrashed: signal SIGKILL" }],
    ["train", 2, "train starts, attempt 2"],
    ["train", 2, "epoch 3 done with"],
    ["train", 3, "train starts, attempt 3"],
    ["train", 3, "train done"],
  );

  const attempts = await attemptsOf(lines, withTrain("ran"));

  expect(attempts).toMatchObject([
    { attempt: 1, outcome: "failed", error: "TrainerCrashed: signal SIGKILL", startedAt: "2026-01-02T03:04:00.000Z", lines: 2 },
    { attempt: 2, outcome: "silent", error: null, endedAt: "2026-01-02T03:04:03.000Z" },
    { attempt: 3, outcome: "done", error: null },
  ]);
});

test.each<[StageStatus, string]>([
  ["running", "running"],
  ["failed", "silent"],
])("a last attempt without an end, of a stage that is %s, is %s", async (status, outcome) => {
  expect(await attemptsOf(logged(["train", 1, "train starts, attempt 1"]), withTrain(status))).toMatchObject([{ outcome }]);
});

test("what a trainer says of itself is no ending, and a cancelled attempt is one", async () => {
  const lines = logged(["train", 1, "validation failed, attempt 9"], ["train", 1, "train cancelled"]);

  expect(await attemptsOf(lines, withTrain("failed"))).toMatchObject([{ outcome: "cancelled", error: null, lines: 2 }]);
});

test("parts that ended well are left out; those that failed are named", async () => {
  const lines = logged(
    ["ingest", 1, "ingest is shared out"],
    ["ingest", 1, "ingest, part 1, starts, attempt 1", { part: "1" }],
    ["ingest", 1, "ingest, part 2, failed, attempt 1", { part: "2", error: "InvalidData: cut short" }],
    ["ingest", 2, "ingest, part 2, starts, attempt 2", { part: "2" }],
    ["ingest", 1, "ingest done", { part: "join" }],
  );

  expect(await attemptsOf(lines, stagesWith({ ingest: { status: "ran" } }))).toMatchObject([
    { part: null, outcome: "done" },
    { part: "2", attempt: 1, outcome: "failed", error: "InvalidData: cut short" },
  ]);
});

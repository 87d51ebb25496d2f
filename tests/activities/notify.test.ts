import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Notification, NotifySettings } from "../../activities/notify.ts";
import { createNotify, createNotifySchedule, isTold } from "../../activities/notify.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { aDoneRecord, aRecord, stagesWith } from "../support/fake-convoy.ts";

let folder: string;
let server: Server;
let received: { path: string | undefined; type: string | undefined; body: string }[];
let answer: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-notify-"));
  [received, answer] = [[], 200];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ path: request.url, type: request.headers["content-type"], body });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterEach(async () => {
  server.closeAllConnections();
  await Promise.all([new Promise((closed) => server.close(closed)), rm(folder, { recursive: true, force: true })]);
});

const secretPath = "/services/T0/secret-token-1234";
const webhook = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}${secretPath}`;
const settings = (change: Partial<NotifySettings>): NotifySettings => ({
  webhook: undefined,
  command: undefined,
  on: ["done", "failed", "waiting"],
  ...change,
});
const waiting = (): RunRecord =>
  aRecord({
    status: "waiting",
    stages: stagesWith({
      train: { status: "failed", error: { type: "TrainingDiverged", message: "loss is NaN, see https://me:pw@host/x" } },
    }),
  });

test("a webhook gets what became of the run: event, figures, model and a sentence for people", async () => {
  await createNotify(settings({ webhook: webhook() }))(aDoneRecord());

  expect(received).toMatchObject([{ path: secretPath, type: "application/json" }]);
  expect(JSON.parse(received[0]!.body)).toEqual({
    event: "done",
    runId: "0j3k7abc",
    pipeline: "digits",
    text: "Run 0j3k7abc of digits is done",
    startedAt: "2026-01-02T03:04:05.000Z",
    finishedAt: "2026-01-02T03:04:47.000Z",
    error: null,
    model: { name: "digits", version: 3, isNew: true },
    metrics: { loss: 0.31, accuracy: 0.9, balancedAccuracy: 0.89 },
    schedule: null,
  });
});

test("a command gets the same on stdin; of a waiting run it says where, why and what lets it go on, without secrets", async () => {
  const file = join(folder, "told.json");

  await createNotify(settings({ command: `cat > '${file}'` }))(waiting());

  const told = JSON.parse(await readFile(file, "utf8")) as Notification;
  expect(told.event).toBe("waiting");
  expect(told.text).toBe(
    "Run 0j3k7abc of digits is waiting at train; let it go on: convoy retry 0j3k7abc: loss is NaN, see https://***@host/x",
  );
});

test("who does not take it fails the attempt, naming the setting and never the address; both are asked", async () => {
  answer = 500;
  const notify = createNotify(settings({ webhook: webhook(), command: "echo no room >&2; exit 3" }));

  const refused = await createNotify(settings({ webhook: webhook() }))(aDoneRecord()).catch(String);
  const ended = await createNotify(settings({ command: "echo no room >&2; exit 3" }))(aDoneRecord()).catch(String);
  await expect(notify(aDoneRecord())).rejects.toThrow(/CONVOY_NOTIFY_/);

  expect(refused).toMatch(/^Error: The webhook at 127\.0\.0\.1:\d+ answers 500; see CONVOY_NOTIFY_WEBHOOK$/);
  expect(ended).toBe("Error: The command of CONVOY_NOTIFY_COMMAND ended with exit code 3: no room");
  expect(received).toHaveLength(2);
});

test("a schedule that could not begin a run tells so itself, unless failures were not asked for", async () => {
  const failed = {
    formatVersion: 1 as const,
    schedule: "nightly",
    scheduledAt: "2026-01-02T02:00:00Z",
    runId: null,
    reasons: [],
    source: null,
  };
  const run = {
    ...failed,
    drift: null,
    status: "failed" as const,
    model: null,
    error: "InvalidData: /data/2026-01-02 does not exist",
  };

  await createNotifySchedule(settings({ webhook: webhook() }))(run);
  await createNotifySchedule(settings({ webhook: webhook(), on: ["done"] }))(run);

  expect(received.map(({ body }) => JSON.parse(body) as Notification)).toMatchObject([
    {
      event: "failed",
      runId: null,
      text: "Schedule nightly could not begin its run of 2026-01-02T02:00:00Z: InvalidData: /data/2026-01-02 does not exist",
      schedule: { name: "nightly", scheduledAt: "2026-01-02T02:00:00Z" },
    },
  ]);
});

test("nobody is told of events that were not asked for, of trials and of reproductions", () => {
  const told = (record: RunRecord, change: Partial<NotifySettings> = { command: "true" }) => isTold(settings(change), record);

  expect(told(aDoneRecord())).toBe(true);
  expect(told(aDoneRecord(), {})).toBe(false);
  expect(told(aDoneRecord({ status: "cancelled" }))).toBe(false);
  expect(told(aRecord())).toBe(false);
  expect(told(aDoneRecord({ trial: { sweepId: "s", number: 1, execution: 1 } }))).toBe(false);
  const origin = { kind: "reproduce" as const, runId: "x", code: "original" as const, set: [], codeChanged: [] };
  expect(told(aDoneRecord({ origin }))).toBe(false);
});

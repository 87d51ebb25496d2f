import { spawn } from "node:child_process";

import type { RunRecord, RunStatus } from "../ml/run/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { ScheduledRun } from "../ml/schedule/schema.ts";
import { withoutSecrets } from "../storage/secrets.ts";

/** Where word of a run goes. */
export interface NotifySettings {
  /** Gets the message by POST, as JSON. A secret: whoever has it can post. */
  webhook: string | undefined;
  /** A shell command that gets the message on stdin, as JSON. */
  command: string | undefined;
  on: readonly RunStatus[];
}

const withinMs = 30_000;

/** What is told: small, and without secrets. */
export interface Notification {
  event: RunStatus;
  /** Null of a schedule that could not begin a run. */
  runId: string | null;
  pipeline: string | null;
  /** One sentence for people. */
  text: string;
  startedAt: string | null;
  finishedAt: string | null;
  error: RunRecord["error"];
  model: RunRecord["model"];
  /** Of the test part. */
  metrics: unknown;
  schedule: RunRecord["schedule"] | null;
}

/** Whether anybody is to be told of a run as it stands. A sweep's trials and reproductions are part of something else. */
export function isTold({ webhook, command, on }: NotifySettings, { status, trial, origin }: RunRecord): boolean {
  if (webhook === undefined && command === undefined) return false;
  return on.includes(status) && trial === undefined && origin?.kind !== "reproduce";
}

export function createNotify(settings: NotifySettings) {
  /**
   * Tells of a run. A retry tells again: whoever listens may hear twice, and knows by run and event.
   * @throws {Error} where nobody took it; retried for a while, and then given up: the run itself is not touched by it
   */
  return async function notify(record: RunRecord): Promise<void> {
    await send(settings, notificationOf(record));
  };
}

export function createNotifySchedule(settings: NotifySettings) {
  /** Tells of a schedule that could not begin a run, for then there is no run that would tell. Retried like {@link createNotify}'s. */
  return async function notifySchedule({ schedule, scheduledAt, error }: ScheduledRun): Promise<void> {
    if (!settings.on.includes("failed")) return;
    await send(settings, {
      event: "failed",
      runId: null,
      pipeline: null,
      text: `Schedule ${schedule} could not begin its run of ${scheduledAt}: ${error}`,
      startedAt: null,
      finishedAt: null,
      error: { type: "ScheduleFailed", message: error ?? "" },
      model: null,
      metrics: null,
      schedule: { name: schedule, scheduledAt },
    });
  };
}

async function send({ webhook, command }: NotifySettings, told: Notification): Promise<void> {
  const message = withoutSecrets(JSON.stringify(told));
  await Promise.all([
    ...(webhook === undefined ? [] : [post(webhook, message)]),
    ...(command === undefined ? [] : [runCommand(command, message)]),
  ]);
}

function notificationOf(record: RunRecord): Notification {
  const { status, runId, pipeline, startedAt, finishedAt, model, schedule } = record;
  const failed = record.stages.find((stage) => stage.status === "failed");
  const error = record.error ?? (status === "waiting" ? (failed?.error ?? null) : null);
  const reason = error ? `: ${error.message}` : "";
  const waiting = status === "waiting" ? ` at ${failed?.name ?? "a stage"}; let it go on: convoy retry ${runId}` : "";
  return {
    event: status,
    runId,
    pipeline: pipeline.name,
    text: `Run ${runId} of ${pipeline.name} is ${status}${waiting}${reason}`,
    startedAt,
    finishedAt,
    error,
    model,
    metrics: stageOf(record, "evaluate")?.summary["test"] ?? null,
    schedule: schedule ?? null,
  };
}

/** Its address is a secret: messages name the host only. */
async function post(webhook: string, body: string): Promise<void> {
  const { host } = new URL(webhook);
  const headers = { "content-type": "application/json", "user-agent": "convoy" };
  const response = await fetch(webhook, { method: "POST", headers, body, signal: AbortSignal.timeout(withinMs) }).catch(
    (cause: unknown) => {
      const { name, cause: reason } = cause instanceof Error ? cause : { name: "error", cause: undefined };
      const code = reason instanceof Error && "code" in reason ? ` ${String(reason.code)}` : "";
      throw new Error(`The webhook at ${host} cannot be reached: ${name}${code}; see CONVOY_NOTIFY_WEBHOOK`);
    },
  );
  if (!response.ok) throw new Error(`The webhook at ${host} answers ${response.status}; see CONVOY_NOTIFY_WEBHOOK`);
}

async function runCommand(command: string, message: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ["pipe", "ignore", "pipe"], timeout: withinMs });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-500)));
  // A command that does not read its input is no failure; its exit code tells.
  child.stdin.on("error", () => undefined).end(`${message}\n`);
  const ended = await new Promise<string | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)));
  });
  if (ended !== null)
    throw new Error(
      `The command of CONVOY_NOTIFY_COMMAND ended with ${ended}: ${withoutSecrets(said).trim() || "it said nothing"}`,
    );
}

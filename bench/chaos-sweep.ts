import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Client, Connection } from "@temporalio/client";

import { randomStream } from "../ml/random.ts";
import type { SweepRecord } from "../ml/sweep-record/schema.ts";
import { sweepWorkflowIdPrefix } from "../temporal.config.ts";
import { temporalSettings } from "../temporal.connection.ts";
import { findTrainer, workerPid } from "./chaos-processes.ts";
import { convoy, convoyJson } from "./convoy-process.ts";
import { openStack } from "./open-stack.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * A sweep of very short but real trainings, a child workflow each, while trainer, supervisor and the sweep's own worker are killed in turn, by
 * SIGKILL, at random moments. Every trial must end with the value that it has in a sweep left alone, to the last bit, and no history may grow
 * long. `npm run chaos -- sweep [--trials 1000] [--kills 9] [--alone 1000] [--json]`; `--alone`: trials of the sweep left alone, the first ones.
 */
const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "1000" },
    kills: { type: "string", default: "9" },
    alone: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [trials, wantedKills] = [Number(values.trials), Number(values.kills)];
const alone = Math.min(Number(values.alone ?? trials), trials);
const victims = ["trainer", "sweep's worker", "supervisor"] as const;
/** Temporal warns of histories beyond this. */
const longHistory = 10_240;

const home = await mkdtemp(join(tmpdir(), "convoy-chaos-"));
const env: Record<string, string> = { XDG_DATA_HOME: home, CONVOY_PROFILE: "chaos" };
for (const name of Object.keys(process.env)) if (/^(S3|TEMPORAL|AWS_ACCESS|AWS_SECRET)_/.test(name)) env[name] = "";

/** @param patience of an early stop that never comes: it changes no bit, and lets no sweep go on from another's trainings */
function startSweep(count: number, patience: number): Promise<{ sweepId: string }> {
  const settings = {
    name: "chaos",
    "ingest.maxImages": 200,
    "check.rules.class-size.severity": "info",
    "split.validation": 0.25,
    train: { epochs: 2, batchSize: 64, earlyStopping: { patience } },
    "register.formats": [],
    sweep: {
      algorithm: "random",
      space: { "train.optimizer.learningRate": { float: [1e-4, 1], log: true } },
      objective: "loss",
      trials: count,
      parallel: 8,
    },
  };
  const given = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${JSON.stringify(value)}`]);
  return convoyJson(["sweep", "pipelines/mnist.yaml", ...given, "--detach"], { env });
}

async function connect() {
  const { store, environment } = await openStack(env);
  const { connectionOptions, namespace } = await temporalSettings(environment);
  const connection = await Connection.connect(connectionOptions);
  const close = async () => (store.close(), connection.close());
  return { store, client: new Client({ connection, namespace }), close };
}
type Stack = Awaited<ReturnType<typeof connect>>;

async function recordOf({ store }: Stack, sweepId: string): Promise<SweepRecord> {
  const record = await store.sweeps.find(sweepId);
  if (!record) throw new Error(`Sweep ${sweepId} has no record`);
  return record;
}

/** Kills in turn at random counts of trials, until that was often enough; resolves with how often, when the sweep has ended. */
async function disturb(stack: Stack, sweepId: string): Promise<number> {
  const random = randomStream(1, "chaos", "sweep");
  for (let [kills, due] = [0, random()]; ;) {
    const { trials: begun, finishedAt } = await recordOf(stack, sweepId);
    if (finishedAt !== null) return kills;
    const pid = kills < wantedKills && begun.length >= (due * trials) / wantedKills ? await victimPid(sweepId, kills) : null;
    if (pid !== null) {
      process.kill(pid, "SIGKILL");
      process.stderr.write(
        `kill ${++kills} of ${wantedKills}: ${victims[(kills - 1) % victims.length]} ${pid}, at trial ${begun.length}\n`,
      );
      due = kills + random();
    }
    await sleep(pid === null ? 500 : 2_000);
  }
}

/** Null while there is none: the last kill is still being mended. */
async function victimPid(sweepId: string, kills: number): Promise<number | null> {
  const victim = victims[kills % victims.length];
  if (victim === "trainer") return (await findTrainer((runId) => runId.startsWith(`${sweepId}-`)))?.pid ?? null;
  return workerPid(victim === "supervisor" ? "gpu-worker-1" : "data-worker-1", env);
}

/** Events and bytes of each run of the sweep's workflow, the last first. */
async function historiesOf({ client }: Stack, sweepId: string): Promise<{ events: number; bytes: number }[]> {
  const histories = [];
  for (let runId: string | undefined | null, isFirst = true; isFirst || runId; isFirst = false) {
    const handle = client.workflow.getHandle(sweepWorkflowIdPrefix + sweepId, runId ?? undefined);
    const [{ historyLength, historySize = 0 }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
    histories.push({ events: historyLength, bytes: historySize });
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return histories;
}

try {
  await convoyJson(["up"], { env });
  const stack = await connect();
  const { sweepId } = await startSweep(trials, 1_000);
  const began = performance.now();
  const kills = await disturb(stack, sweepId);
  const seconds = Math.round((performance.now() - began) / 1000);
  const histories = await historiesOf(stack, sweepId);
  const disturbed = await recordOf(stack, sweepId);
  const [most, largest] = [Math.max(...histories.map(({ events }) => events)), Math.max(...histories.map(({ bytes }) => bytes))];
  process.stderr.write(
    `${disturbed.trials.length} trials, ${disturbed.status}, ${kills} kills, ${seconds} s; histories: ${histories.length}, ` +
      `at most ${most} events, ${Math.round(largest / 1000)} KB; now ${alone} trials left alone\n`,
  );

  const { sweepId: calmId } = await startSweep(alone, 1_001);
  await waitUntil(async () => (await recordOf(stack, calmId)).finishedAt !== null, { timeoutMs: 7_200_000, everyMs: 2_000 });
  const calm = await recordOf(stack, calmId);
  const result = {
    trials,
    done: disturbed.trials.filter(({ status }) => status === "done").length,
    kills,
    seconds,
    "seconds a trial": Number((seconds / trials).toFixed(2)),
    "begun anew": histories.length - 1,
    "most events": most,
    "most KB": Math.round(largest / 1000),
    alone: calm.trials.filter(({ status }) => status === "done").length,
    identical: calm.trials.filter(({ value }, index) => value !== null && value === disturbed.trials[index]?.value).length,
  };
  if (values.json) console.log(JSON.stringify({ name: "sweep", ...result }));
  else console.table([result]);
  const isRight = disturbed.status === "done" && result.done === trials && result.identical === alone;
  process.exitCode = isRight && kills === wantedKills && most < longHistory ? 0 : 1;
  await stack.close();
} finally {
  await convoy(["down"], { env });
  await rm(home, { recursive: true, force: true });
}

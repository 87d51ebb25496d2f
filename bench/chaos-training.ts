import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { parse, stringify } from "yaml";

import { randomStream } from "../ml/random.ts";
import { findTrainer, workerPid } from "./chaos-processes.ts";
import { convoy, convoyJson, projectFolder, runIdIn, startConvoy } from "./convoy-process.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Kills trainer, supervisor and data worker in turn, by SIGKILL, at random moments of a training with dropout and augmentation, and
 * compares the final weights with those of a run left alone. `npm run chaos -- training [--kills 20] [--epochs 150] [--seed 1] [--json]`.
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    epochs: { type: "string", default: "150" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const [wantedKills, epochs] = [Number(values.kills), Number(values.epochs)];
const random = randomStream(Number(values.seed), "chaos", "training");
const victims = ["trainer", "supervisor", "data worker"] as const;

interface Shown {
  record: { status: string; stages: { name: string; attempts: number; outputs: Record<string, { sha256: string }> }[] };
}

interface Row {
  run: string;
  kills: number;
  attempts: number;
  seconds: number;
  identical: boolean;
}

const home = await mkdtemp(join(tmpdir(), "convoy-chaos-"));
const env: Record<string, string | undefined> = { XDG_DATA_HOME: home, CONVOY_PROFILE: "chaos" };
for (const name of Object.keys(process.env)) if (/^(S3|TEMPORAL|AWS_ACCESS|AWS_SECRET)_/.test(name)) env[name] = undefined;

/** Small enough to train for minutes on two cores; chance is at work in every step. */
async function writePipeline(): Promise<string> {
  const file = join(home, "chaos.yaml");
  const pipeline = parse(await readFile(join(projectFolder, "pipelines", "mnist.yaml"), "utf8")) as Record<string, unknown>;
  const changed = {
    ...pipeline,
    name: "chaos",
    split: { test: 0.2, validation: 0.2 },
    augment: { shift: 0.1, rotation: 10 },
    model: [{ conv: 4, stride: 2, dropout: 0.2 }, { pool: "max" }, "flatten", { dense: 16, dropout: 0.3 }, { output: "softmax" }],
    train: { epochs, batchSize: 64, optimizer: { name: "adam" } },
  };
  await writeFile(file, stringify(changed));
  return file;
}

/** Runs differ in when they would stop early, which never comes: no bit of the weights changes, and none goes on from another's checkpoints. */
const argumentsOf = (file: string, run: number) => ["run", file, "--set", `train.earlyStopping.patience=${epochs + run}`];

async function finalWeights(runId: string): Promise<{ sha256: string | undefined; attempts: number }> {
  const train = (await convoyJson<Shown>(["show", runId], { env })).record.stages.find(({ name }) => name === "train");
  return { sha256: train?.outputs["weights"]?.sha256, attempts: train?.attempts ?? 0 };
}

/** Kills until the run has ended or there were enough; resolves with their number. */
async function disturb(runId: string, ended: () => boolean, from: number): Promise<number> {
  let kills = from;
  while (kills < wantedKills) {
    await waitUntil(async () => ended() || (await findTrainer(runId))?.stage === "train", { timeoutMs: 600_000, everyMs: 100 });
    await sleep(500 + random() * 9_500);
    const trainer = await findTrainer(runId);
    if (ended()) break;
    if (trainer?.stage !== "train") continue;
    const victim = victims[kills % victims.length] as (typeof victims)[number];
    const pid =
      victim === "trainer" ? trainer.pid : victim === "supervisor" ? trainer.supervisorPid : workerPid("data-worker-1", env);
    if (pid === null) continue;
    process.kill(pid, "SIGKILL");
    kills++;
    process.stderr.write(`kill ${kills} of ${wantedKills}: ${victim} ${pid}, attempt ${trainer.attempt}\n`);
  }
  return kills;
}

async function disturbedRun(file: string, run: number, kills: number): Promise<{ runId: string; kills: number }> {
  const { child, result } = startConvoy([...argumentsOf(file, run), "--json"], { env });
  let [progress, ended] = ["", false];
  child.stderr?.on("data", (text: string) => (progress += text));
  const settled = result.finally(() => (ended = true));
  await waitUntil(() => ended || runIdIn(progress) !== "");
  const runId = runIdIn(progress);
  const total = await disturb(runId, () => ended, kills);
  const { code, stderr } = await settled;
  if (code !== 0) throw new Error(`Run ${runId} ended with ${code} after ${total} kills\n${stderr}`);
  return { runId, kills: total };
}

const rows: Row[] = [];
try {
  const file = await writePipeline();
  const calm = await convoyJson<{ runId: string }>(argumentsOf(file, 0), { env });
  const expected = await finalWeights(calm.runId);
  for (let [run, kills] = [1, 0]; kills < wantedKills; run++) {
    const began = performance.now();
    const disturbed = await disturbedRun(file, run, kills);
    const { sha256, attempts } = await finalWeights(disturbed.runId);
    const seconds = Math.round((performance.now() - began) / 1000);
    rows.push({
      run: disturbed.runId,
      kills: disturbed.kills - kills,
      attempts,
      seconds,
      identical: sha256 !== undefined && sha256 === expected.sha256,
    });
    if (disturbed.kills === kills)
      throw new Error(`A training of ${epochs} epochs ends before anything can be killed; give more --epochs`);
    kills = disturbed.kills;
  }
} finally {
  await convoy(["down"], { env });
  await rm(home, { recursive: true, force: true });
}

const result = {
  kills: rows.reduce((sum, row) => sum + row.kills, 0),
  runs: rows.length,
  identical: rows.length > 0 && rows.every(({ identical }) => identical),
};
if (values.json) console.log(JSON.stringify({ name: "training", rows, ...result }));
else {
  console.table(rows);
  console.log(`${result.kills} kills, ${result.runs} runs, ${result.identical ? "all identical" : "NOT identical"}`);
}
process.exitCode = result.identical ? 0 : 1;

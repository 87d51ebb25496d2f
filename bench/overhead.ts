import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import { loadPipelineFile } from "../client/pipeline-file.ts";
import { childVariables, readEnvironment } from "../environment.ts";
import { newRunRecord } from "../ml/run/new-run-record.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { stages } from "../ml/stages.ts";
import { newRunId } from "../ml/run/new-run-id.ts";
import type { TrainModelRun } from "../workflows/run-state.ts";
import { projectFolder } from "./convoy-process.ts";
import type { BenchStack } from "./overhead/bench-stack.ts";
import { startBenchStack } from "./overhead/bench-stack.ts";
import { installMetaflow, metaflowVersion, runMetaflow } from "./overhead/metaflow.ts";
import { benchRow, reportBench, spread } from "./report-bench.ts";

/**
 * What convoy adds to Temporal: the real workflow, stage helper, ledger, records, logs and worker processes with ten stages that do
 * nothing, beside ten bare activities on the same queues in the same order; and the whole command beside a local Metaflow run of ten
 * steps. All take turns in one run. `npm run bench -- overhead [--repetitions 9] [--json]`.
 */
const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "9" }, json: { type: "boolean", default: false } },
});

/** What may be added to a stage that runs, and what a reused stage may take in all. */
const allowedMs = 20;
const pipelineFile = "pipelines/mnist.yaml";

const milliseconds: Record<"bare" | "ran" | "reused" | "command" | "reusedCommand" | "metaflow", number[]> = {
  bare: [],
  ran: [],
  reused: [],
  command: [],
  reusedCommand: [],
  metaflow: [],
};

const python = await installMetaflow(readEnvironment().cacheFolder);
const stack = await startBenchStack();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stack.close().finally(() => process.exit(130)));
try {
  await repeat(0); // brings caches and connections to the state they have in use; not counted
  for (const times of Object.values(milliseconds)) times.length = 0;
  for (let turn = 1; turn <= Number(values.repetitions); turn++) await repeat(turn);
} finally {
  await stack.close();
}

const { bare, ran, reused, command, metaflow } = milliseconds;
const perStage = (times: readonly number[]) => times.map((time) => time / stages.length);
const added = perStage(ran.map((time, turn) => time - (bare[turn] ?? 0)));
const rows = [
  benchRow(
    { case: "added to a stage that runs", versus: `${allowedMs} ms`, goal: 1 },
    added.map((time) => time / allowedMs),
  ),
  benchRow(
    { case: "a reused stage in all", versus: `${allowedMs} ms`, goal: 1 },
    perStage(reused).map((time) => time / allowedMs),
  ),
  benchRow(
    { case: "convoy run, ten empty stages", versus: `Metaflow ${metaflowVersion} local, ten empty steps`, goal: 1 },
    command.map((time, turn) => time / (metaflow[turn] ?? Number.NaN)),
  ),
];
reportBench({ name: "overhead", rows }, describeTimes(added), values.json);

/** Every case once, in turn. Each repetition has seeds of its own, so that nothing is found in the ledger but what is to be found. */
async function repeat(turn: number): Promise<void> {
  const seed = 2 * turn;
  await timed("bare", () => execute(stack, "bareActivities", { queues: stack.queues }));
  const run = await newRun(stack, seed);
  await timed("ran", () => executeRun(run, "ran"));
  const again = await newRun(stack, seed);
  await timed("reused", () => executeRun(again, "reused"));
  await storeOutputs(stack, seed + 1);
  const options = ["run", pipelineFile, "--json", ...settingsOf(seed + 1).flatMap((setting) => ["--set", setting])];
  await timed("command", () => runCommand(options));
  await timed("reusedCommand", () => runCommand(options));
  await timed("metaflow", () => runMetaflow(python, stack.folder));
}

/** The command of this very build: `./convoy` would make a newer one where a source was edited meanwhile, whose queues nobody serves. */
async function runCommand(args: readonly string[]): Promise<void> {
  const program = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  const env = childVariables({ ...stack.variables, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" });
  await promisify(execFile)(process.execPath, [program, ...args], { cwd: projectFolder, env });
}

async function timed(name: keyof typeof milliseconds, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  milliseconds[name].push(performance.now() - start);
}

async function execute({ temporal, queues }: BenchStack, workflow: string, argument: unknown): Promise<unknown> {
  const workflowId = `bench-${newRunId(Date.now(), Math.random)}`;
  return temporal.workflow.execute(workflow, { workflowId, taskQueue: queues.data, args: [argument] });
}

/** @throws {Error} when a stage did not do what is measured */
async function executeRun(run: TrainModelRun, expected: "ran" | "reused"): Promise<void> {
  const record = (await execute(stack, "trainModel", run)) as RunRecord;
  const others = record.stages.filter(({ status }) => status !== expected).map(({ name, status }) => `${name} ${status}`);
  if (others.length > 0) throw new Error(`All stages were to have ${expected}, but ${others.join(", ")}`);
}

/** Both enter the ledger keys: the licence that of ingest, the seed by what the empty stages hand on. */
function settingsOf(seed: number): string[] {
  return [`seed=${seed}`, `dataset.licence=bench-${seed}`];
}

/** What the stages of a run with this seed hand on, see overhead-worker.ts. */
async function storeOutputs({ store }: BenchStack, seed: number) {
  return store.artifacts.putJson({ seed });
}

/** As the client makes one, without the upload. */
async function newRun(
  { store, build, queues }: BenchStack & { store: BenchStack["store"] },
  seed: number,
): Promise<TrainModelRun> {
  const { pipeline } = await loadPipelineFile(pipelineFile, { set: settingsOf(seed), folder: projectFolder });
  const source = await storeOutputs(stack, seed);
  const record = newRunRecord({
    runId: newRunId(Date.now(), Math.random),
    startedAt: new Date().toISOString(),
    pipeline,
    source,
    buildId: build.buildId,
    build: null,
  });
  await store.runs.put(record);
  return { record, queues, codeHashes: build.codeHashes, searchAttributes: true, restarts: 0 };
}

function describeTimes(addedMs: readonly number[]): Record<string, Record<string, number>> {
  const cases = {
    "ten bare activities": bare,
    "ten stages that run": ran,
    "ten stages reused": reused,
    "added to a stage that runs": addedMs,
    "convoy run, ten empty stages": command,
    "convoy run, all reused": milliseconds.reusedCommand,
    "Metaflow, ten empty steps": metaflow,
  };
  return Object.fromEntries(
    Object.entries(cases).map(([name, times]) => {
      const { min, median, max } = spread(times);
      const ms = (value: number) => Number(value.toFixed(1));
      return [name, { "min ms": ms(min), "median ms": ms(median), "max ms": ms(max) }];
    }),
  );
}

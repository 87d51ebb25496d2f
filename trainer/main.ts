import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { readEnvironment } from "../environment.ts";
import type { PredictJob } from "../ml/predict/schema.ts";
import type { TrainerJob, TrainerMessage } from "../ml/train/trainer-messages.ts";
import { openStore } from "../storage/open-store.ts";
import { s3Settings } from "../storage/s3-settings.ts";
import type { TrainerContext } from "./context.ts";
import { StopRequested } from "./context.ts";
import { createEngine } from "./engine/create-engine.ts";
import { GraphCache } from "./engine/graph/graph-cache.ts";
import { evaluate } from "./jobs/evaluate.ts";
import { exportFormats } from "./jobs/export-formats.ts";
import { outOfFold } from "./jobs/label-noise.ts";
import { openAnsweringModel } from "./jobs/predict.ts";
import { train } from "./jobs/train.ts";
import { verifyFormats } from "./jobs/verify-formats.ts";
import { heldTensors, loadTensorflow } from "./runtime/tensorflow.ts";
import { endOf, SupervisorLink } from "./supervisor-link.ts";
import { dieWithSupervisor } from "./watchdog.ts";

// One attempt of one stage, or one registered model, in a process of its own: started by activities/fork-trainer.ts with
// `<supervisor's pid> <what it is for>`, the latter only for people who look at a process list. Short trainings of a sweep may follow one another.
dieWithSupervisor(Number(process.argv[2]));
// Ctrl-C in a worker's terminal reaches both; the supervisor decides what becomes of this one.
process.on("SIGINT", () => undefined);
const link = new SupervisorLink();
/** Of a process that stays: more is given back by ending it. */
const largestIdleBytes = 2 ** 30;

let opened: Awaited<ReturnType<typeof open>> | undefined;
for (let isFirst = true, stays = true; stays; isFirst = false) {
  let last: TrainerMessage;
  try {
    const order = await link.nextOrder();
    if (!isFirst) showInProcessList(order.job);
    last = await work(order.job);
    stays = order.stays === true && isAsNew(last);
  } catch (error) {
    last = endOf(error);
    stays = false;
  }
  await link.send(last);
  if (stays) await link.send({ type: "idle" });
}
process.exit(0);

async function open() {
  const environment = readEnvironment();
  const fingerprint = await loadTensorflow({ device: environment.CONVOY_TENSORFLOW });
  const store = await openStore(s3Settings(environment), `${environment.cacheFolder}/artifacts`);
  const build = environment.CONVOY_BUILD_ID ?? basename(fileURLToPath(new URL("..", import.meta.url)));
  const graphs = new GraphCache({ folder: join(environment.cacheFolder, "graphs"), maker: { build, ...fingerprint } });
  return { fingerprint, store, graphs };
}

async function work(job: TrainerJob | PredictJob): Promise<TrainerMessage> {
  opened ??= await open();
  const { fingerprint, store, graphs } = opened;
  const log: TrainerContext["log"] = (level, message, fields = {}) => void link.send({ type: "log", level, message, fields });
  log("info", "trainer ready", { pid: process.pid, ...fingerprint });
  if (link.stopRequested) throw new StopRequested(null);
  const context: TrainerContext = {
    objects: store.objects,
    artifacts: store.artifacts,
    createEngine: (options) => createEngine({ ...options, graphs }),
    environment: { ...fingerprint },
    report: (change) => link.report(change),
    log,
    stopRequested: () => link.stopRequested,
    now: () => performance.now(),
  };
  if (job.kind === "train") return { type: "trained", result: await train(job, context) };
  if (job.kind === "label-noise") return { type: "out-of-fold", probabilities: await outOfFold(job, context) };
  if (job.kind === "evaluate") return { type: "evaluated", result: await evaluate(job, context) };
  if (job.kind === "export") return { type: "exported", result: await exportFormats(job, context) };
  if (job.kind === "verify") return { type: "verified", result: await verifyFormats(job, context) };
  return answer(job, context);
}

/** Whether nothing is left of a training. On a GPU its memory is: only a process' end gives that back. */
function isAsNew(last: TrainerMessage): boolean {
  return (
    last.type === "trained" &&
    opened?.fingerprint.device === "cpu" &&
    heldTensors() === 0 &&
    process.memoryUsage.rss() < largestIdleBytes
  );
}

/** Over the words that this process was started with, and no longer than those. */
function showInProcessList(job: TrainerJob | PredictJob): void {
  if (job.kind !== "train") return;
  const [, path = "", supervisorPid = ""] = process.argv;
  const program = path.split("/").slice(-2).join("/");
  process.title = `node ${program} ${supervisorPid} ${job.runId} ${job.kind} ${job.attempt}`;
}

/** Answers images with a registered model until told to stop. */
async function answer(job: PredictJob, context: TrainerContext): Promise<TrainerMessage> {
  const model = await openAnsweringModel(job, context);
  await link.send({ type: "ready" });
  for await (const { id, rows, pixels } of link.requests()) {
    await link.send({ type: "predicted", id, probabilities: await model.probabilities(pixels, rows) });
  }
  model.dispose();
  return { type: "stopped", checkpoint: null };
}

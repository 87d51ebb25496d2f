import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { convoyJson, convoy, startConvoy } from "./convoy-process.ts";
import { startS3Server, startTemporalServer } from "./own-servers.ts";
import type { BenchRow } from "./report-bench.ts";
import { benchRow, reportBench } from "./report-bench.ts";
import type { LoadResult } from "./serve/load.ts";
import { closedLoad, openLoad } from "./serve/load.ts";
import { processorSeconds } from "./serve/processor-time.ts";
import { sharp } from "../sharp.ts";

/**
 * How many single images a second `convoy serve` answers for the MNIST network, and how late at half that load. Images are PNG files, one a
 * request, from this process over keep-alive connections on 127.0.0.1. `npm run bench -- serve [--seconds 3] [--json]`.
 */
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "3" }, json: { type: "boolean", default: false } },
});
const seconds = Number(values.seconds);
const repetitions = 3;
const goalPerSecond = 300;
const goalMs = 50;
/** Requests under way at a time at full load. */
const connections = 16;
const details: Record<string, number | string>[] = [];

const home = await mkdtemp(join(tmpdir(), "convoy-bench-serve-"));
const [s3, temporal] = await Promise.all([startS3Server(), startTemporalServer()]);
const env = {
  ...s3.variables,
  ...temporal.variables,
  XDG_DATA_HOME: home,
  CONVOY_PROFILE: "bench-serve",
  CONVOY_LOCAL_WORKERS: "always",
};
try {
  // Its speed does not depend on what it learned.
  await convoyJson(["run", "pipelines/mnist-convnet.yaml", "--set", "train.epochs=1"], { env });
  await convoy(["down"], { env });
  reportBench({ name: "serve", rows: await measure() }, details, values.json);
} finally {
  await convoy(["down"], { env });
  await Promise.all([s3.close(), temporal.close()]);
  await rm(home, { recursive: true, force: true });
}

async function measure(): Promise<BenchRow[]> {
  const { child, url } = await startServer();
  try {
    const target = { url: `${url}/v2/models/mnist-convnet/infer`, bodies: await digits() };
    await closedLoad(target, { connections, seconds: 1 });
    const rates: number[] = [];
    const delays: number[] = [];
    for (let turn = 0; turn < repetitions; turn++) {
      const full = await withProcessorTime(child, () => closedLoad(target, { connections, seconds }));
      const half = await withProcessorTime(child, () => openLoad(target, { perSecond: goalPerSecond / 2, seconds }));
      rates.push(goalPerSecond / full.perSecond);
      delays.push(half.p99Ms / goalMs);
      details.push(describe("full load", full), describe(`${goalPerSecond / 2} requests/s`, half));
    }
    return [
      benchRow({ case: "time per image at full load", versus: `1/${goalPerSecond} s`, goal: 1 }, rates),
      benchRow({ case: `99th percentile at ${goalPerSecond / 2} requests/s`, versus: `${goalMs} ms`, goal: 1 }, delays),
    ];
  } finally {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  }
}

async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const { child, result } = startConvoy(["serve", "mnist-convnet", "--address", "127.0.0.1:0", "--json"], { env });
  let text = "";
  const started = new Promise<string>((resolve) => {
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
      if (text.trimEnd().endsWith("}")) resolve(text);
    });
  });
  const ended = result.then(({ code, stderr }) => {
    throw new Error(`convoy serve ended with ${code}: ${stderr}`);
  });
  // It also ends when the benchmark is over.
  ended.catch(() => undefined);
  const { url } = JSON.parse(await Promise.race([started, ended])) as { url: string };
  return { child, url };
}

/** Adds what server and TensorFlow took of the processors for a request. */
async function withProcessorTime(child: ChildProcess, load: () => Promise<LoadResult>) {
  const before = processorSeconds(child.pid ?? 0);
  const result = await load();
  const after = processorSeconds(child.pid ?? 0);
  const perRequest = (taken: number) => (1000 * taken) / result.requests;
  return { ...result, serverMs: perRequest(after.own - before.own), tensorflowMs: perRequest(after.children - before.children) };
}

/** Sixty-four pictures that differ, so that nothing is answered twice from a cache. */
function digits(): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: 64 }, (_, i) => {
      const pixels = Uint8Array.from({ length: 784 }, (__, pixel) => (pixel * (i + 3)) % 251);
      return sharp(pixels, { raw: { height: 28, width: 28, channels: 1 } })
        .png()
        .toBuffer();
    }),
  );
}

function describe(load: string, result: Awaited<ReturnType<typeof withProcessorTime>>): Record<string, number | string> {
  const round = (value: number) => Number(value.toPrecision(3));
  return {
    load,
    requests: result.requests,
    "requests/s": round(result.perSecond),
    "median ms": round(result.p50Ms),
    "p99 ms": round(result.p99Ms),
    "server's processor ms a request": round(result.serverMs),
    "TensorFlow's": round(result.tensorflowMs),
  };
}

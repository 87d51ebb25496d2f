import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import type { RunOutcome } from "./convoy-process.ts";
import { convoy, convoyJson, startConvoy } from "./convoy-process.ts";
import { startS3Server, startTemporalServer } from "./own-servers.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Takes each server away in the middle of a training and gives it back: the run waits, says so, goes on, and ends with the weights of
 * an undisturbed run. `npm run chaos -- outage [--minutes 5] [--json]`.
 */
const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, json: { type: "boolean", default: false } },
});
const minutes = Number(values.minutes);

const [s3, temporal] = await Promise.all([startS3Server(), startTemporalServer()]);
const home = await mkdtemp(join(tmpdir(), "convoy-outage-"));
const env = (prefix: string) => ({
  ...s3.variables,
  ...temporal.variables,
  S3_PREFIX: prefix,
  XDG_DATA_HOME: home,
  CONVOY_PROFILE: "outage",
  CONVOY_LOCAL_WORKERS: "always",
});
const job = ["run", "pipelines/mnist.yaml", "--set", "train.epochs=100", "--json"];

interface Shown {
  record: { stages: { name: string; outputs: Record<string, { sha256: string }> }[] };
}
const weightsOf = async (runId: string, prefix: string) =>
  (await convoyJson<Shown>(["show", runId], { env: env(prefix) })).record.stages.find(({ name }) => name === "train")?.outputs[
    "weights"
  ]?.sha256;

const rows: { server: string; minutes: number; status: string; noticed: boolean; identical: boolean }[] = [];
try {
  const calm = await convoyJson<RunOutcome>(job.slice(0, -1), { env: env("calm") });
  const expected = await weightsOf(calm.runId, "calm");
  for (const [name, server] of [["storage", s3] as const, ["temporal", temporal] as const]) {
    const { child, result } = startConvoy(job, { env: env(name) });
    let progress = "";
    child.stderr?.on("data", (text: string) => (progress += text));
    await waitUntil(() => /epoch/i.test(progress));
    await server.kill();
    await sleep(minutes * 60_000);
    await server.start();
    const { code, stdout, stderr } = await result;
    if (code !== 0) process.stderr.write(stderr);
    const outcome = code === 0 ? (JSON.parse(stdout) as RunOutcome) : null;
    const weights = outcome ? await weightsOf(outcome.runId, name) : undefined;
    rows.push({
      server: name,
      minutes,
      status: outcome?.status ?? `exit ${code}`,
      noticed: /is away/.test(progress),
      identical: weights !== undefined && weights === expected,
    });
  }
} finally {
  await convoy(["down"], { env: env("calm") });
  await Promise.all([s3.close(), temporal.close()]);
  await rm(home, { recursive: true, force: true });
}

if (values.json) console.log(JSON.stringify({ name: "outage", rows }));
else console.table(rows);
process.exitCode = rows.every(({ status, identical }) => status === "done" && identical) ? 0 : 1;

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import type { Environment } from "../../environment.ts";
import { readEnvironment } from "../../environment.ts";
import { ensureStack } from "../../stack/ensure-stack.ts";
import { findStackProcesses, stopProcesses } from "../../stack/process-identity.ts";
import { buildFolder } from "../../stack/project.ts";
import { requestWorkers } from "../../stack/request-workers.ts";
import { stackPaths, workerKinds, workerProgram } from "../../stack/stack-files.ts";
import type { StackState } from "../../stack/stack-state.ts";
import { readLiveState } from "../../stack/stack-state.ts";
import { stopStack } from "../../stack/stop-stack.ts";
import { until } from "../stack/in-folder.ts";

/** A worker that writes what it was told, then does what the test's `behavior` file says. */
const worker = `
  import { existsSync, renameSync, writeFileSync } from "node:fs";
  import { basename, dirname } from "node:path";
  const folder = dirname(dirname(new URL(import.meta.url).pathname));
  const kind = basename(new URL(import.meta.url).pathname, ".js");
  process.on("SIGTERM", () => { writeFileSync(\`\${folder}/\${kind}.stopped\`, ""); process.exit(0); });
  const told = \`\${folder}/\${kind}.\${process.pid}.json\`;
  writeFileSync(told + ".partial", JSON.stringify(process.env));
  renameSync(told + ".partial", told);
  setInterval(() => {
    if (existsSync(\`\${folder}/drain\`)) process.exit(0);
    if (existsSync(\`\${folder}/crash\`)) process.exit(9);
  }, 50);
`;

let data = "";
let configured: Environment;
let environment: Environment;
const builds: string[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "convoy-e2e-workers-"));
  const own = { XDG_DATA_HOME: data, CONVOY_PROFILE: "default", CONVOY_DATA_WORKERS: "2", CONVOY_GPU_WORKERS: "1" };
  configured = readEnvironment(own);
  const { variables } = await ensureStack(configured);
  environment = readEnvironment({ ...own, ...variables });
});

afterEach(async () => {
  for (const build of builds) deleteBuild(buildFolder(build));
  await until(() => wishFiles().length === 0);
});

afterAll(async () => {
  await stopProcesses(findStackProcesses(configured.stateFolder), 5_000);
  await rm(data, { recursive: true, force: true });
});

/** A build of fake workers beside the real ones. */
function makeBuild(): string {
  const build = `test-${process.pid}-${builds.length}`;
  mkdirSync(join(buildFolder(build), "programs"), { recursive: true });
  for (const kind of workerKinds) writeFileSync(workerProgram(buildFolder(build), kind), worker);
  builds.push(build);
  return build;
}

/** At once: workers that are told to end, as they are once their program is gone, would write so into the folder while it is emptied. */
function deleteBuild(folder: string): void {
  if (!existsSync(folder)) return;
  renameSync(folder, `${folder}-gone`);
  rmSync(`${folder}-gone`, { recursive: true });
}

function told(build: string, kind: string): Record<string, string>[] {
  const files = readdirSync(buildFolder(build)).filter((name) => name.startsWith(kind) && name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(buildFolder(build), name), "utf8")) as Record<string, string>);
}

function workersOf(build: string): StackState["workers"] {
  return (readLiveState(configured.stateFolder)?.workers ?? []).filter(({ buildId }) => buildId === build);
}

function wishFiles(): string[] {
  const { wishes } = stackPaths(configured.stateFolder);
  return readdirSync(wishes).map((name) => join(wishes, name));
}

function pidsOf(build: string): (number | null)[] {
  return workersOf(build).map(({ process: { pid } }) => pid);
}

function areReady(build: string, count: number): boolean {
  const workers = workersOf(build);
  return workers.length === count && workers.every(({ process: { status } }) => status === "ready");
}

test("runs the workers of a build, told how to reach the servers, side by side with those of another", async () => {
  const [first, second] = [makeBuild(), makeBuild()];
  await requestWorkers(environment, first);
  await requestWorkers(environment, first);
  await requestWorkers(environment, second);
  await until(() => areReady(first, 3) && areReady(second, 3));
  await until(() => told(first, "data").length === 2 && told(first, "gpu").length === 1);

  const { temporal, s3 } = readLiveState(configured.stateFolder)!;
  expect(told(first, "gpu")).toEqual([
    expect.objectContaining({
      CONVOY_BUILD_ID: first,
      CONVOY_PROFILE: "default",
      TEMPORAL_ADDRESS: temporal!.address,
      S3_ENDPOINT: s3!.endpoint,
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^convoy/),
    }),
  ]);
  expect(told(first, "data")).toHaveLength(2);
  expect(workersOf(first).map(({ process: { name } }) => name)).toEqual(["data-worker-1", "data-worker-2", "gpu-worker-1"]);
});

test("lets drained workers go, forgets the wish, and hires anew when asked again", async () => {
  const build = makeBuild();
  await requestWorkers(environment, build);
  await until(() => areReady(build, 3));

  writeFileSync(join(buildFolder(build), "drain"), "");
  await until(() => workersOf(build).length === 0 && wishFiles().length === 0);
  rmSync(join(buildFolder(build), "drain"));
  await requestWorkers(environment, build);
  await until(() => areReady(build, 3));

  expect(workersOf(build).every(({ process: { restarts } }) => restarts === 0)).toBe(true);
});

test("starts crashed workers again, and lets them finish once they work although a newer build was asked for", async () => {
  const [broken, mended] = [makeBuild(), makeBuild()];
  writeFileSync(join(buildFolder(broken), "crash"), "");
  await requestWorkers(environment, broken);
  await until(() => workersOf(broken).some(({ process: { restarts } }) => restarts >= 2));
  expect(workersOf(broken)[0]!.process.detail ?? "").toMatch(/^$|ended: exit code 9/);

  rmSync(join(buildFolder(broken), "crash"));
  await until(() => areReady(broken, 3));
  await requestWorkers(environment, mended);
  await until(() => areReady(mended, 3));

  expect(workersOf(broken)).toHaveLength(3);
});

test("a second copy of the same code leaves running workers alone, and takes over once theirs is deleted", async () => {
  const build = makeBuild();
  await requestWorkers(environment, build);
  await until(() => areReady(build, 3));
  const before = pidsOf(build);
  const path = wishFiles()[0]!;
  const copy = join(data, "copy");
  cpSync(buildFolder(build), copy, { recursive: true });
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), buildFolder: copy }), { mode: 0o600 });
  await until(() => areReady(build, 3) && !pidsOf(build).includes(before[0]!));
  const ofCopy = pidsOf(build);

  await requestWorkers(environment, build);
  await sleep(1000);
  expect(pidsOf(build)).toEqual(ofCopy);

  deleteBuild(copy);
  await until(() => workersOf(build).length === 0);
  await requestWorkers(environment, build);
  await until(() => areReady(build, 3));
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ buildFolder: buildFolder(build) });
});

test("keeps wishes over down and up, stops workers before servers, and replaces workers whose settings changed", async () => {
  const build = makeBuild();
  await requestWorkers(environment, build);
  await until(() => areReady(build, 3) && told(build, "gpu").length === 1);
  await stopStack(configured.stateFolder);
  expect(existsSync(join(buildFolder(build), "gpu-worker.stopped"))).toBe(true);

  await ensureStack(configured);
  await until(() => areReady(build, 3));
  const before = pidsOf(build);
  await requestWorkers({ ...environment, CONVOY_DATA_WORKERS: 1, CONVOY_GPU_WORKERS: 3 }, build);
  await until(() => areReady(build, 4));

  expect(before).not.toContain(pidsOf(build)[0]);
  expect(workersOf(build).map(({ kind }) => kind)).toEqual(["data", "gpu", "gpu", "gpu"]);
  expect(wishFiles()).toHaveLength(1);
});

test("keeps a wish where only its owner can read it, and touches it when asked again", async () => {
  const build = makeBuild();
  await requestWorkers(environment, build);
  const path = wishFiles()[0]!;
  utimesSync(path, new Date(0), new Date(0));
  const text = readFileSync(path, "utf8");

  await requestWorkers(environment, build);

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  expect(readFileSync(path, "utf8")).toBe(text);
  expect(text).not.toContain(environment.AWS_SECRET_ACCESS_KEY);
});

import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Environment } from "../environment.ts";
import { probeServers } from "./doctor-servers.ts";
import type { HealthCheck } from "./health-check.ts";
import { ok, problem, warning } from "./health-check.ts";
import { isPortFree } from "./ports.ts";
import {
  buildFolder,
  graphicsCardTrial,
  importLocal,
  installCommand,
  ownBuildId,
  projectFolder,
  tensorflowAddon,
  type GraphicsCardTrial,
} from "./project.ts";
import { readJsonFile, stackPaths, stackSettingsSchema } from "./stack-files.ts";
import { processesOf, readLastState } from "./stack-state.ts";
import { stackStatus } from "./stack-status.ts";
import { Unavailable } from "./unavailable.ts";

const oldestNode = [20, 9];
const testedNodes = [20, 22, 24];
const testedPlatform = "linux-x64";
const [fewBytes, tooFewBytes] = [2e9, 64e6];

/** Looks at everything convoy needs here, and changes nothing but a probe object in a configured bucket. */
export async function diagnose(environment: Environment): Promise<HealthCheck[]> {
  return [
    checkNode(),
    checkPlatform(),
    await checkPackages(),
    checkBuild(),
    ...(await checkTensorflow()),
    ...(await probeServers(environment)),
    checkDisk("disk (state)", environment.stateFolder),
    checkDisk("disk (cache)", environment.cacheFolder),
    await checkPorts(environment.stateFolder),
    ...checkProcesses(environment.stateFolder),
  ];
}

function checkNode(): HealthCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isTooOld = major < (oldestNode[0] ?? 0) || (major === oldestNode[0] && minor < (oldestNode[1] ?? 0));
  if (isTooOld) return problem("node", `${process.version} is too old`, "install Node 20.9 or newer");
  if (testedNodes.includes(major)) return ok("node", process.version);
  return warning("node", `${process.version} is not a tested version`, `if something fails, use Node ${testedNodes.join(", ")}`);
}

function checkPlatform(): HealthCheck {
  const platform = `${process.platform}-${process.arch}`;
  if (platform === testedPlatform) return ok("platform", platform);
  if (process.platform === "linux") return warning("platform", `${platform} is not a tested one`, `${testedPlatform} is`);
  return problem("platform", `${platform} is not supported`, "use Linux, in a virtual machine or container if need be");
}

async function checkPackages(): Promise<HealthCheck> {
  const packages = (await importLocal("packages.mjs")) as { arePackagesReady(): boolean };
  if (packages.arePackagesReady()) return ok("packages", "as package-lock.json says");
  return warning("packages", "not those of package-lock.json", installCommand("packages"));
}

function checkBuild(): HealthCheck {
  try {
    const buildId = ownBuildId();
    const isWhole = ["stages.json", "workflow-bundle.js"].every((file) => existsSync(join(buildFolder(buildId), file)));
    return isWhole
      ? ok("build", buildId)
      : problem("build", `${buildId} is not whole`, `rm -r ${buildFolder(buildId)} && npm run build`);
  } catch (error) {
    if (error instanceof Unavailable) return problem("build", error.message, error.hint);
    throw error;
  }
}

async function checkTensorflow(): Promise<HealthCheck[]> {
  const install = installCommand("tensorflow");
  const { kind, state, version } = await tensorflowAddon();
  if (state === undefined) return [warning("tensorflow", "not installed yet; the first run does it", install)];
  const card = kind === "gpu" ? await graphicsCardTrial() : undefined;
  const cardChecks = card === undefined ? [] : [checkGraphicsCard(card)];
  if (state === "built") return [ok("tensorflow", `${version}, ${kind}`), ...cardChecks];
  const addon = join(projectFolder, "node_modules", "@tensorflow", kind === "gpu" ? "tfjs-node-gpu" : "tfjs-node", "lib");
  const hint = `rm -r ${addon} && ${install}`;
  return [warning("tensorflow", "an addon that convoy did not build, perhaps of an older TensorFlow", hint), ...cardChecks];
}

/** Exported for tests: few machines have a card. */
export function checkGraphicsCard({ usesCard, missing, folder }: GraphicsCardTrial): HealthCheck {
  if (usesCard) return ok("graphics card", "TensorFlow computes on it");
  if (missing.length === 0)
    return warning(
      "graphics card",
      "not used, though all CUDA libraries were found",
      "nvidia-smi; CUDA 12 takes driver 525 or newer",
    );
  const places = `neither in ${join(folder, "nvidia", "*", "lib")} nor where the system looks`;
  return warning(
    "graphics card",
    `not used: ${missing.join(", ")} of CUDA 12 and cuDNN 9 not found, ${places}`,
    `rm -r ${folder} && ${installCommand("tensorflow")} (they come with pip's nvidia-*-cu12 packages)`,
  );
}

function checkDisk(name: string, folder: string): HealthCheck {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free at ${folder}`;
  const hint = name.includes("state") ? "free some space, or set XDG_DATA_HOME" : "free some space, or set XDG_CACHE_HOME";
  if (bavail * bsize < tooFewBytes) return problem(name, free, hint);
  return bavail * bsize < fewBytes ? warning(name, free, hint) : ok(name, free);
}

async function checkPorts(stateFolder: string): Promise<HealthCheck> {
  const { ports = {} } = readJsonFile(stackPaths(stateFolder).settings, stackSettingsSchema) ?? {};
  const named = Object.entries(ports).map(([name, port]) => `${name} ${port}`);
  if (stackStatus(stateFolder).state !== "stopped") return ok("ports", named.join(", ") || "none needed");
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) if (!(await isPortFree(port))) taken.push(`${name} ${port}`);
  if (taken.length === 0) return ok("ports", named.length === 0 ? "chosen at the first start" : `${named.join(", ")}: free`);
  return warning("ports", `taken by another program: ${taken.join(", ")}`, "none needed: the next start takes others");
}

function checkProcesses(stateFolder: string): HealthCheck[] {
  const { state, details, orphanPids } = stackStatus(stateFolder);
  if (state === "broken")
    return [problem("stack", `processes ${orphanPids.join(", ")} run without a supervisor`, "convoy up (or convoy down)")];
  if (state === "stopped" || state === "failed") return [checkStopped(stateFolder)];
  const ailing = details ? processesOf(details).filter(({ status }) => status === "restarting" || status === "failed") : [];
  return [
    ok("stack", `${state}, supervisor is process ${details?.supervisor.pid}`),
    ...ailing.map(({ name, detail, restarts }) =>
      problem(name, `started again ${restarts} times: ${detail}`, `tail ${join(stackPaths(stateFolder).logs, `${name}*.log`)}`),
    ),
  ];
}

function checkStopped(stateFolder: string): HealthCheck {
  const last = readLastState(stateFolder);
  if (!last) return ok("stack", "not running; commands that need it start it");
  const failed = processesOf(last).find(({ status }) => status === "failed");
  if (failed) return problem("stack", `did not start: ${failed.detail}`, "convoy up, once the reason is gone");
  return warning("stack", `its supervisor (process ${last.supervisor.pid}) was killed; none of it runs now`, "convoy up");
}

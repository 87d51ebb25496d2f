import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { z } from "zod";

import { Unavailable } from "./unavailable.ts";

const ownFolder = dirname(dirname(fileURLToPath(import.meta.url)));
/** This file runs from `dist/<build id>/stack/`, or from the sources in tests. */
const isCompiled = basename(dirname(ownFolder)) === "dist";

/** Where convoy lies: the clone, or the installed package. */
export const projectFolder = isCompiled ? dirname(dirname(ownFolder)) : ownFolder;

const currentBuildSchema = z.object({ buildId: z.string() });

/** The build this program runs from; from the sources, the newest. @throws {Unavailable} when there is none */
export function ownBuildId(): string {
  if (isCompiled) return basename(ownFolder);
  try {
    return currentBuildSchema.parse(JSON.parse(readFileSync(join(projectFolder, "dist", "current.json"), "utf8"))).buildId;
  } catch (cause) {
    throw new Unavailable("convoy is not built", "npm run build", { cause });
  }
}

export function buildFolder(buildId: string): string {
  return join(projectFolder, "dist", buildId);
}

export type Component = "packages" | "tensorflow" | "temporal" | "s3";

/** Installs what is missing, with progress lines on stderr; milliseconds and silent when nothing is. @throws {Unavailable} */
export async function installMissing(components: readonly Component[]): Promise<void> {
  const installer = (await importLocal("install.mjs")) as { installVisibly(components: readonly Component[]): Promise<void> };
  try {
    await installer.installVisibly(components);
  } catch (cause) {
    if (cause instanceof Error && "summary" in cause && "mend" in cause)
      throw new Unavailable(String(cause.summary), String(cause.mend), { cause });
    throw cause;
  }
}

/** The command a person types to install a component, from the folder they are in. */
export function installCommand(component: Component): string {
  return `node ${relative(process.cwd(), join(projectFolder, "infra", "local", "install.mjs"))} ${component}`;
}

/** The installed Temporal program, see infra/local/temporal.mjs. */
export async function temporalProgram(): Promise<string | undefined> {
  const module = (await importLocal("temporal.mjs")) as { temporalProgram(): Promise<string | undefined> };
  return module.temporalProgram();
}

/** The installed S3 server, see infra/local/s3.mjs. @param kind asks for one of them */
export async function s3Program(kind?: "versitygw" | "seaweedfs") {
  const module = (await importLocal("s3.mjs")) as {
    s3Program(kind?: string): { kind: "versitygw" | "seaweedfs"; path: string } | undefined;
  };
  return module.s3Program(kind);
}

/** The TensorFlow addon that the trainer would load, see infra/local/tensorflow.mjs. */
export async function tensorflowAddon(): Promise<{ kind: "cpu" | "gpu"; state: "built" | "stock" | undefined; version: string }> {
  const module = (await importLocal("tensorflow.mjs")) as {
    tensorflowKind(): "cpu" | "gpu";
    addonState(): "built" | "stock" | undefined;
    tensorflowVersion: string;
  };
  return { kind: module.tensorflowKind(), state: module.addonState(), version: module.tensorflowVersion };
}

/** What TensorFlow computes with on a machine with an NVIDIA driver; undefined where there is none. See infra/local/graphics-card.mjs. */
export async function graphicsCardTrial(): Promise<GraphicsCardTrial | undefined> {
  const card = (await importLocal("graphics-card.mjs")) as { hasNvidiaDriver(): boolean };
  if (!card.hasNvidiaDriver()) return undefined;
  const module = (await importLocal("tensorflow.mjs")) as { tryTensorflow(): Promise<GraphicsCardTrial> };
  return module.tryTensorflow();
}

export interface GraphicsCardTrial {
  usesCard: boolean;
  /** CUDA libraries that were not found, neither in `folder` nor where the system looks. */
  missing: string[];
  folder: string;
}

/**
 * Runs `work` while no other process runs its own under the same lock file, see infra/local/lock.mjs.
 * @param onWait called once, with the holder's process id, when somebody else is at it
 */
export async function exclusively<Result>(
  path: string,
  work: () => Promise<Result>,
  onWait: (pid: number) => void,
): Promise<Result> {
  const { withLock } = (await importLocal("lock.mjs")) as {
    withLock: (path: string, work: () => Promise<Result>, options: { onWait: (pid: number) => void }) => Promise<Result>;
  };
  return withLock(path, work, { onWait });
}

/** Programs that also run before anything is compiled, and therefore lie outside the build. */
export function importLocal(file: string): Promise<unknown> {
  return import(pathToFileURL(join(projectFolder, "infra", "local", file)).href);
}

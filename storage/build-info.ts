import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { pack } from "tar-stream";
import { z } from "zod";

import type { ArtifactRef } from "../ml/artifact.ts";
import type { Stage } from "../ml/stages.ts";
import { stages } from "../ml/stages.ts";
import type { Store } from "./open-store.ts";

/** The compiled build this program runs from: `dist/<build id>/`. */
const buildFolder = fileURLToPath(new URL("..", import.meta.url));
const projectFolder = join(buildFolder, "..", "..");

const stagesFileSchema = z.object({ buildId: z.string(), stages: z.record(z.enum(stages), z.string()) });

export interface BuildInfo {
  buildId: string;
  codeHashes: Record<Stage, string>;
}

/** @param folder of the build; by default the one that runs here */
export async function readBuildInfo(folder = buildFolder): Promise<BuildInfo> {
  const file = stagesFileSchema.parse(JSON.parse(await readFile(join(folder, "stages.json"), "utf8")));
  return { buildId: file.buildId, codeHashes: file.stages };
}

/**
 * Keeps the build with the run, once: compiled code, lock file and the uncommitted diff of the project it was made from. Entries are
 * sorted and carry no times, so that equal builds are equal bytes.
 */
export async function uploadBuild(store: Store): Promise<ArtifactRef> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const collected = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  const add = (name: string, content: Buffer | string) => archive.entry({ name, mtime: new Date(0) }, content);
  for (const path of await filesBelow(buildFolder)) {
    const name = relative(buildFolder, path);
    if (!name.startsWith("programs/")) add(`build/${name}`, await readFile(path)); // made again from the rest
  }
  add("package-lock.json", await readFile(join(projectFolder, "package-lock.json")).catch(() => ""));
  add("source.json", `${JSON.stringify(await describeSource())}\n`);
  archive.finalize();
  await collected;
  return store.artifacts.put(gzipSync(Buffer.concat(chunks)), "application/gzip");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

/** Commit and uncommitted changes, where the project is a git checkout and git is at hand; nulls elsewhere. */
async function describeSource(): Promise<{ commit: string | null; diff: string | null }> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", ["-C", projectFolder, ...args], { maxBuffer: 64 << 20 })).stdout;
  try {
    return { commit: (await git("rev-parse", "HEAD")).trim(), diff: await git("diff", "HEAD") };
  } catch {
    return { commit: null, diff: null };
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import type { ArtifactRef } from "../ml/artifact.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { TarArchive } from "../storage/tar.ts";

const largestMemberBytes = 256 * 1024 * 1024;

/** The lock file of a build, within the copy that is kept with its runs. */
export const lockPath = "package-lock.json";

/** Files of a kept build, one after the other: compiled code below `build/`, the lock file, and `source.json`. */
export async function* buildFiles(
  artifacts: ArtifactStore,
  build: ArtifactRef,
  isWanted: (path: string) => boolean = () => true,
): AsyncIterable<{ path: string; bytes: Buffer }> {
  const scratch = await mkdtemp(join(tmpdir(), "convoy-build-"));
  try {
    const archive = await TarArchive.open(await artifacts.localPath(build), {
      name: "build.tar.gz",
      spoolPath: join(scratch, "spool"),
      isWanted,
      largestMemberBytes,
    });
    try {
      for (const member of archive.members) yield { path: member.path, bytes: await archive.read(member) };
    } finally {
      await archive.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), dev: z.boolean().optional() })),
});

/** Versions of the packages that a kept build was made to run with, by name; null where it came without a lock file or is gone. */
export async function packagesOf(artifacts: ArtifactStore, build: ArtifactRef): Promise<Record<string, string> | null> {
  if (!(await artifacts.isIntact(build))) return null;
  for await (const { bytes } of buildFiles(artifacts, build, (path) => path === lockPath)) {
    if (bytes.length === 0) return null;
    const { packages } = lockSchema.parse(JSON.parse(bytes.toString("utf8")));
    const named = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true);
    return Object.fromEntries(named.map(([path, { version }]) => [path.replace(/^node_modules\//, ""), version ?? "linked"]));
  }
  return null;
}

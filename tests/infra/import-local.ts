import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));

export interface LockModule {
  withLock: <Result>(path: string, work: () => Promise<Result>, options?: { onWait?: (pid: number) => void }) => Promise<Result>;
  processStartTime: (pid: number) => string | undefined;
}

export interface BuildModule {
  build: (options: { root: string }) => Promise<{ buildId: string; directory: string; reused: boolean }>;
  currentBuild: (root: string) => { buildId: string; stamp?: string } | undefined;
}

export interface CodeHashModule {
  codeHash: (directory: string, entries: string[], lock: { packages: Record<string, object> }) => string;
}

export interface CacheModule {
  installOnce: (name: string, make: (folder: string) => Promise<object | void>) => Promise<string>;
  installedManifest: (folder: string) => { files: Record<string, number> } | undefined;
}

/** The programs of infra/local are plain JavaScript without types; a test says what it uses of them. */
export async function importInfra<Module>(file: string): Promise<Module> {
  return (await import(join(repository, "infra", "local", file))) as Module;
}

/** Runs `work` in a new folder, which is deleted afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-test-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder).toSorted();
}

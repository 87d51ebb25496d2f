import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Compiles the sources as a build does, without bundling, into a folder of its own beside the builds: for tests that look at
 * the command line as a process.
 */
export async function compileCli(): Promise<{ main: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(projectFolder, "node_modules", ".cli-test-"));
  const tsc = join(projectFolder, "node_modules", ".bin", "tsc");
  await promisify(execFile)(tsc, ["-p", "tsconfig.build.json", "--noCheck", "--outDir", folder], { cwd: projectFolder });
  await copyFile(join(projectFolder, "package.json"), join(folder, "package.json"));
  return { main: join(folder, "cli", "main.js"), remove: () => rm(folder, { recursive: true, force: true }) };
}

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes sure of a Python environment with some packages, kept for later runs.
 * @param cacheFolder `$XDG_CACHE_HOME/convoy`
 * @param name of the environment; other packages need another name
 * @returns the Python program to use
 */
export async function installPython(cacheFolder: string, name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cacheFolder, "bench", name);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, ".."), { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  const part = await mkdtemp(join(folder, "part-"));
  await rename(part, join(folder, "complete"));
  return python;
}

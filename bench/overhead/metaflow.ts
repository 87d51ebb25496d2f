import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { childVariables } from "../../environment.ts";
import { projectFolder } from "../convoy-process.ts";

const run = promisify(execFile);

/** Pinned by version and not by hash: only its speed is asked for. */
export const metaflowVersion = "2.19.39";

/**
 * Makes sure of a Python environment with Metaflow, kept for later runs.
 *
 * @param cacheFolder `$XDG_CACHE_HOME/convoy`
 * @returns the Python program to use
 */
export async function installMetaflow(cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, "bench", `metaflow-${metaflowVersion}`);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, ".."), { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `metaflow==${metaflowVersion}`]);
  const part = await mkdtemp(join(folder, "part-"));
  await rename(part, join(folder, "complete"));
  return python;
}

/** One local run of ten steps that do nothing, from process start to process end; everything it keeps goes below `folder`. */
export async function runMetaflow(python: string, folder: string): Promise<void> {
  await run(python, [join(projectFolder, "bench", "metaflow-ten-steps.py"), "--no-pylint", "--quiet", "run"], {
    cwd: folder,
    env: childVariables({
      METAFLOW_USER: "bench",
      METAFLOW_HOME: folder,
      METAFLOW_DATASTORE_SYSROOT_LOCAL: folder,
      METAFLOW_DEFAULT_DATASTORE: "local",
      METAFLOW_DEFAULT_METADATA: "local",
    }),
  });
}

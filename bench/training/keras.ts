import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The same libtensorflow as ours; scipy moves the images of `ImageDataGenerator`. */
const packages = ["tensorflow-cpu==2.21.0", "keras==3.15.1", "scipy==1.17.1"];

/**
 * Makes sure of a Python environment with Keras, kept for later runs.
 * @param cacheFolder `$XDG_CACHE_HOME/convoy`
 * @returns the Python program to use
 */
export async function installKeras(cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, "bench", "keras");
  const python = join(folder, "bin", "python");
  const complete = join(folder, `complete ${packages.join(" ")}`);
  if (existsSync(complete)) return python;
  await mkdir(join(folder, ".."), { recursive: true });
  await run("python3", ["-m", "venv", folder]); // mends one that is there
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  await mkdir(complete);
  return python;
}

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The sources compiled into a folder of their own, for what runs in processes of its own; inside `dist/`, so that packages are found. */
export interface CompiledTree {
  folder: string;
  remove(): Promise<void>;
}

export async function compileTree(): Promise<CompiledTree> {
  await mkdir(join(root, "dist"), { recursive: true });
  const folder = await mkdtemp(join(root, "dist", ".test-"));
  const options = ["-p", "tsconfig.build.json", "--noCheck", "--outDir", folder];
  await promisify(execFile)(join(root, "node_modules", ".bin", "tsc"), options, { cwd: root });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

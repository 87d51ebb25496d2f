import { readdir, readFile } from "node:fs/promises";

/** Pids of trainers working for a run, by their command line or environment in /proc. */
export async function trainerPids(runId: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (/\/(trainer\/main|programs\/trainer)\.js/.test(commandLine) && commandLine.includes(runId)) found.push(Number(name));
  }
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

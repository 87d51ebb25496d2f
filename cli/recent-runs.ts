import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { readEnvironment } from "../environment.ts";

const keptIds = 200;

/**
 * Keeps run ids for completion: Tab must answer in a fifth of a second and start nothing, so it cannot ask the servers.
 * Only a convenience: where the cache cannot be written, completion offers less.
 */
export async function rememberRuns(profile: string | undefined, runIds: readonly string[]): Promise<void> {
  try {
    const file = recentRunsFile(profile);
    const ids = [...new Set([...runIds, ...(await readIds(file))])].slice(0, keptIds);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.${process.pid}`, `${JSON.stringify(ids)}\n`);
    await rename(`${file}.${process.pid}`, file);
  } catch {
    // see above
  }
}

/** Run ids seen lately on this machine, newest first. */
export async function recentRuns(profile: string | undefined): Promise<string[]> {
  return readIds(recentRunsFile(profile));
}

function recentRunsFile(profile: string | undefined): string {
  const { cacheFolder, CONVOY_PROFILE } = readEnvironment({ CONVOY_PROFILE: profile });
  return join(cacheFolder, "recent-runs", `${CONVOY_PROFILE}.json`);
}

async function readIds(file: string): Promise<string[]> {
  try {
    const ids: unknown = JSON.parse(await readFile(file, "utf8"));
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return []; // not written yet, or damaged: the next list mends it
  }
}

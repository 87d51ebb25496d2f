import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { RunRecord } from "../ml/run/schema.ts";
import { buildFolder, importLocal, projectFolder } from "../stack/project.ts";
import type { BuildInfo } from "../storage/build-info.ts";
import { readBuildInfo } from "../storage/build-info.ts";
import { buildFiles, lockPath } from "./build-archive.ts";
import type { Link } from "./connect.ts";
import { isServed } from "./is-served.ts";
import { Unavailable } from "./types.ts";
import { taskQueues } from "../temporal.config.ts";

/** The build that takes up a run, served on its queues: the one the run names, or the present one. */
export async function serveBuild(link: Link, record: RunRecord, code: "original" | "current"): Promise<BuildInfo> {
  if (code === "original") return serveOriginalBuild(link, record);
  await link.ensureWorkers();
  return link.build;
}

/**
 * The build that a run names, served on its queues until the run that needs it is done: from this machine if it is here still, else from
 * the copy that was kept with the run.
 *
 * @throws {Unavailable} where neither is there, or the build needs other packages than those installed
 */
async function serveOriginalBuild(link: Link, record: RunRecord): Promise<BuildInfo> {
  const { build, environment, store, temporal } = link;
  if (record.buildId === build.buildId) {
    await link.ensureWorkers();
    return build;
  }
  const folder = buildFolder(record.buildId);
  if (!existsSync(join(folder, "stages.json"))) await unpackBuild(link, record, folder);
  await utimes(folder, new Date(), new Date());
  await link.ensureWorkers(record.buildId);
  // Asked for last, the present build's workers stay; the old ones end once no run of theirs is open.
  await link.ensureWorkers();
  const queues = taskQueues(store.id, record.buildId);
  if (environment.CONVOY_LOCAL_WORKERS === "never" && !(await isServed(temporal, queues.data)))
    throw new Unavailable(
      `No worker serves build ${record.buildId}, which run ${record.runId} names`,
      "deploy it, or give --code current",
    );
  return readBuildInfo(folder);
}

async function unpackBuild({ store }: Link, record: RunRecord, folder: string): Promise<void> {
  const refuse = (reason: string, options?: ErrorOptions) =>
    new Unavailable(
      `Build ${record.buildId} of run ${record.runId} ${reason}`,
      "give --code current to run the present code",
      options,
    );
  if (record.build === null || !(await store.artifacts.isIntact(record.build)))
    throw refuse("is neither on this machine nor in the store any more");
  const partial = join(dirname(folder), `.compiling-unpacked-${process.pid}`);
  try {
    let lock = "";
    for await (const { path, bytes } of buildFiles(store.artifacts, record.build)) {
      if (path === lockPath) lock = bytes.toString("utf8");
      if (!path.startsWith("build/")) continue;
      const target = join(partial, path.slice("build/".length));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
    const problem = await whyUnusable(partial, record.buildId, lock);
    if (problem !== null) throw refuse(problem);
    const { bundlePrograms } = (await importLocal("bundle-programs.mjs")) as {
      bundlePrograms: (folder: string) => Promise<void>;
    };
    await bundlePrograms(partial);
    await rename(partial, folder).catch((cause: unknown) => {
      // Another process was first: builds never differ.
      if (!existsSync(join(folder, "stages.json"))) throw cause;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** A build's id is a hash over its code and the packages it was made with; both must be what they were. */
async function whyUnusable(folder: string, buildId: string, lockText: string): Promise<string | null> {
  const { buildIdOf, lockDifferences } = (await importLocal("build.mjs")) as {
    buildIdOf: (folder: string, lock: unknown) => string;
    lockDifferences: (needed: unknown, present: unknown) => string[];
  };
  const present = await readFile(join(projectFolder, lockPath), "utf8").catch(() => "");
  if (lockText === "" || present === "")
    return "cannot be checked here: it, or this installation, comes without package-lock.json";
  const lock: unknown = JSON.parse(lockText);
  if (buildIdOf(folder, lock) !== buildId) return "is not what its id says: the kept copy is damaged or forged";
  const differing = lockDifferences(lock, JSON.parse(present));
  if (differing.length === 0) return null;
  const shown = differing.slice(0, 5).join(", ");
  return `needs other packages than those installed (${shown}${differing.length > 5 ? ` and ${differing.length - 5} more` : ""})`;
}

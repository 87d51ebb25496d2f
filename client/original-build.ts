import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { RunRecord } from "../ml/run/schema.ts";
import { buildFolder, importLocal, projectFolder } from "../stack/project.ts";
import type { BuildInfo } from "../storage/build-info.ts";
import { readBuildInfo } from "../storage/build-info.ts";
import { TarArchive } from "../storage/tar.ts";
import type { Link } from "./connect.ts";
import { isServed } from "./is-served.ts";
import { Unavailable } from "./types.ts";
import { taskQueues } from "../temporal.config.ts";

const largestMemberBytes = 256 * 1024 * 1024;

/**
 * The build that a run names, served on its queues until the run that needs it is done: from this machine if it is here still, else from
 * the copy that was kept with the run.
 *
 * @throws {Unavailable} where neither is there, or the build needs other packages than those installed
 */
export async function serveOriginalBuild(link: Link, record: RunRecord): Promise<BuildInfo> {
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

async function unpackBuild({ store, environment }: Link, record: RunRecord, folder: string): Promise<void> {
  const refuse = (reason: string, options?: ErrorOptions) =>
    new Unavailable(
      `Build ${record.buildId} of run ${record.runId} ${reason}`,
      "give --code current to run the present code",
      options,
    );
  if (record.build === null || !(await store.artifacts.isIntact(record.build)))
    throw refuse("is neither on this machine nor in the store any more");
  await mkdir(environment.cacheFolder, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), "convoy-build-"));
  const partial = join(dirname(folder), `.compiling-unpacked-${process.pid}`);
  const archive = await TarArchive.open(await store.artifacts.localPath(record.build), {
    name: "build.tar.gz",
    spoolPath: join(scratch, "spool"),
    isWanted: () => true,
    largestMemberBytes,
  });
  try {
    let lock = "";
    for (const member of archive.members) {
      const bytes = await archive.read(member);
      if (member.path === "package-lock.json") lock = bytes.toString("utf8");
      if (!member.path.startsWith("build/")) continue;
      const path = join(partial, member.path.slice("build/".length));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    const problem = await whyUnusable(partial, record.buildId, lock);
    if (problem !== null) throw refuse(problem);
    await rename(partial, folder).catch((cause: unknown) => {
      // Another process was first: builds never differ.
      if (!existsSync(join(folder, "stages.json"))) throw cause;
    });
  } finally {
    await archive.close();
    await Promise.all([scratch, partial].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** A build's id is a hash over its code and the packages it was made with; both must be what they were. */
async function whyUnusable(folder: string, buildId: string, lockText: string): Promise<string | null> {
  const { buildIdOf, lockDifferences } = (await importLocal("build.mjs")) as {
    buildIdOf: (folder: string, lock: unknown) => string;
    lockDifferences: (needed: unknown, present: unknown) => string[];
  };
  const present = await readFile(join(projectFolder, "package-lock.json"), "utf8").catch(() => "");
  if (lockText === "" || present === "")
    return "cannot be checked here: it, or this installation, comes without package-lock.json";
  const lock: unknown = JSON.parse(lockText);
  if (buildIdOf(folder, lock) !== buildId) return "is not what its id says: the kept copy is damaged or forged";
  const differing = lockDifferences(lock, JSON.parse(present));
  if (differing.length === 0) return null;
  const shown = differing.slice(0, 5).join(", ");
  return `needs other packages than those installed (${shown}${differing.length > 5 ? ` and ${differing.length - 5} more` : ""})`;
}

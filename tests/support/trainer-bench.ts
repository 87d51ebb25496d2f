import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { TrainerLimits, TrainerSettings } from "../../activities/trainer-process.ts";
import { childVariables } from "../../environment.ts";
import type { TrainerJob, TrainerProgress, TrainResult } from "../../ml/train/trainer-messages.ts";
import type { Store } from "../../storage/open-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { tensorflowEnvironment } from "../../trainer/runtime/tensorflow-environment.ts";
import { startS3Server } from "../../bench/own-servers.ts";
import { presentBuild } from "./present-build.ts";

interface SupervisorLine {
  message?: string;
  fields?: { pid?: number };
  progress?: TrainerProgress;
  result?: TrainResult;
  error?: { name: string; message: string };
}

/** A supervisor in a process of its own. */
export interface SupervisorProcess {
  process: ChildProcess;
  lines: SupervisorLine[];
  /** The trainer's pid, as soon as it said so. */
  trainerPid(): number | null;
  end(): SupervisorLine | undefined;
}

/** What tests of real trainers need: the present build, a real S3 server, and a store in it. */
export interface TrainerBench {
  store: Store;
  settings(limits?: Partial<TrainerLimits>, variables?: Record<string, string>): TrainerSettings;
  /** Settings of a trainer that misbehaves as told. */
  fake(behavior: string, limits?: Partial<TrainerLimits>): TrainerSettings;
  supervise(job: TrainerJob, settings?: TrainerSettings): Promise<SupervisorProcess>;
  close(): Promise<void>;
}

const besideThis = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function openTrainerBench(): Promise<TrainerBench> {
  const folder = await mkdtemp(join(tmpdir(), "convoy-trainer-"));
  const [build, server] = await Promise.all([presentBuild(), startS3Server()]);
  const store = await openStore(server.settings, join(folder, "cache", "convoy", "artifacts"));
  const children: ChildProcess[] = [];
  const variables = childVariables({
    ...tensorflowEnvironment({ device: "cpu", threads: 1 }),
    ...server.variables,
    CONVOY_TENSORFLOW: "cpu",
    XDG_CACHE_HOME: join(folder, "cache"),
  });
  const settings: TrainerBench["settings"] = (limits = {}, more = {}) => ({
    path: join(build, "programs", "trainer.js"),
    variables: { ...variables, ...more },
    limits,
  });
  return {
    store,
    settings,
    fake: (behavior, limits = {}) => ({
      path: besideThis("fake-trainer.mjs"),
      variables: { FAKE_TRAINER: behavior, BUILD_FOLDER: build },
      limits,
    }),
    async supervise(job, own = settings()) {
      const work = join(folder, `work-${children.length}.json`);
      await writeFile(work, JSON.stringify({ job, settings: own }));
      const child = spawn(process.execPath, [besideThis("supervisor.mjs"), build, work], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      const lines: SupervisorLine[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as SupervisorLine));
      return {
        process: child,
        lines,
        trainerPid: () => lines.find(({ message }) => message === "trainer ready")?.fields?.pid ?? null,
        end: () => lines.find(({ result, error }) => result !== undefined || error !== undefined),
      };
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      store.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

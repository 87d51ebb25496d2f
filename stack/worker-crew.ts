import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import { childVariables } from "../environment.ts";
import { stackMark } from "./process-identity.ts";
import type { ServerCrew } from "./server-crew.ts";
import type { WorkerKind, WorkerWish } from "./stack-files.ts";
import { isWholeBuild, readJsonFile, stackPaths, workerProgram, workerWishSchema } from "./stack-files.ts";
import type { StackState } from "./stack-state.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** Data workers let running stages finish for up to 30 s after SIGTERM, see temporal.config.ts. */
const graceMs = 40_000;
const manyRestarts = 5;
const touchEveryMs = 3_600_000;

interface Group {
  wish: WorkerWish;
  /** The wish's content when its workers were started, and when it was last asked for. */
  content: string;
  askedMs: number;
  workers: { kind: WorkerKind; process: SupervisedProcess }[];
  endpoints: string;
  touchedMs: number;
}

/** The workers that wish files ask for, a group for each file; kept up to date by calling `update` every moment. */
export class WorkerCrew {
  readonly #stateFolder: string;
  readonly #servers: ServerCrew;
  readonly #onChange: () => void;
  readonly #groups = new Map<string, Group>();
  /** Groups that were replaced or are no longer wished for, until their processes are gone. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(stateFolder: string, servers: ServerCrew, onChange: () => void) {
    this.#stateFolder = stateFolder;
    this.#servers = servers;
    this.#onChange = onChange;
  }

  get state(): StackState["workers"] {
    return [...this.#groups].flatMap(
      ([
        wish,
        {
          wish: { buildId },
          workers,
        },
      ]) => workers.map(({ kind, process }) => ({ buildId, wish, kind, process: process.state })),
    );
  }

  /** Starts groups that are newly wished for, replaces those whose wish or servers have changed, ends those no longer wished for. */
  update(): void {
    const wishes = readWishes(stackPaths(this.#stateFolder).wishes);
    for (const [name, { wish }] of wishes)
      if (!isWholeBuild(wish.buildFolder)) {
        this.#fulfil(name); // its project is gone; whoever asks next brings another copy of the code
        wishes.delete(name);
      }
    for (const name of this.#groups.keys()) if (!wishes.has(name)) this.#dismiss(name);
    for (const [name, { wish, askedMs }] of wishes) this.#updateGroup(name, wish, askedMs);
    for (const [name, group] of this.#groups) if (isHopeless(group) && isSuperseded(name, wishes)) this.#fulfil(name);
  }

  async stop(): Promise<void> {
    for (const name of this.#groups.keys()) this.#dismiss(name);
    await Promise.all(this.#leaving);
  }

  #updateGroup(name: string, wish: WorkerWish, askedMs: number): void {
    if (!this.#servers.isReady(wish.embedded)) return; // a server that is away for a moment does not end workers: they wait for it
    const variables = this.#servers.variables(wish.embedded);
    const content = JSON.stringify(wish);
    const endpoints = JSON.stringify(variables);
    const group = this.#groups.get(name);
    if (group && group.content === content && group.endpoints === endpoints) {
      keepBuild(group);
      this.#tendDrained(name, group, askedMs);
      return;
    }
    if (group) this.#dismiss(name);
    const workers = workerNames(wish).map(({ kind, index }) => ({ kind, process: this.#hire(wish, kind, index, variables) }));
    this.#groups.set(name, { wish, content, askedMs, workers, endpoints, touchedMs: 0 });
    for (const { process } of workers) process.start();
  }

  /** Workers end by themselves once a newer build has taken over. When all have, the wish is fulfilled; asked again, they start again. */
  #tendDrained(name: string, group: Group, askedMs: number): void {
    const drained = group.workers.filter(({ process }) => process.status === "drained");
    if (drained.length === 0) return;
    if (askedMs > group.askedMs) {
      this.#groups.delete(name); // the next update hires anew
      this.#release(group.workers.filter(({ process }) => process.status !== "drained"));
    } else if (drained.length === group.workers.length) {
      this.#fulfil(name);
    }
  }

  #fulfil(name: string): void {
    rmSync(join(stackPaths(this.#stateFolder).wishes, `${name}.json`), { force: true });
    this.#dismiss(name);
  }

  #hire(wish: WorkerWish, kind: WorkerKind, index: number, variables: Record<string, string>): SupervisedProcess {
    const name = `${kind}-worker-${index}`;
    const own = { CONVOY_BUILD_ID: wish.buildId, [stackMark]: this.#stateFolder };
    return new SupervisedProcess({
      name,
      logFile: join(stackPaths(this.#stateFolder).logs, `${name}.${wish.buildId}.log`),
      plan: async () => ({
        command: process.execPath,
        args: [workerProgram(wish.buildFolder, kind)],
        env: childVariables({ ...wish.variables, ...variables, ...own }),
        cwd: this.#stateFolder,
      }),
      graceMs,
      mayDrain: true,
      onChange: this.#onChange,
    });
  }

  #dismiss(name: string): void {
    const group = this.#groups.get(name);
    this.#groups.delete(name);
    if (group) this.#release(group.workers);
    this.#onChange();
  }

  #release(workers: Group["workers"]): void {
    for (const { process } of workers) {
      const leaving = process.stop().finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
  }
}

/** Building deletes builds that nobody has touched for a week; one with workers is in use however old it is. */
function keepBuild(group: Group): void {
  if (Date.now() - group.touchedMs < touchEveryMs) return;
  group.touchedMs = Date.now();
  const { buildFolder } = group.wish;
  if (existsSync(buildFolder)) utimesSync(buildFolder, new Date(), new Date());
}

/** Workers of a broken build: they die as often as they are started. */
function isHopeless(group: Group): boolean {
  return group.workers.some(({ process: { state } }) => state.status === "restarting" && state.restarts >= manyRestarts);
}

/** Whether another build was asked for later, for the same servers (`<build id>.<connection>`). */
function isSuperseded(name: string, wishes: ReadonlyMap<string, { askedMs: number }>): boolean {
  const connection = name.slice(name.indexOf("."));
  const own = wishes.get(name)?.askedMs ?? 0;
  return [...wishes].some(([other, { askedMs }]) => other !== name && other.endsWith(connection) && askedMs > own);
}

function workerNames({ dataWorkers, gpuWorkers }: WorkerWish): { kind: WorkerKind; index: number }[] {
  return [...numbered("data", dataWorkers), ...numbered("gpu", gpuWorkers)];
}

function numbered(kind: WorkerKind, count: number): { kind: WorkerKind; index: number }[] {
  return Array.from({ length: count }, (_, i) => ({ kind, index: i + 1 }));
}

function readWishes(folder: string): Map<string, { wish: WorkerWish; askedMs: number }> {
  const wishes = new Map<string, { wish: WorkerWish; askedMs: number }>();
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (!file.endsWith(".json")) continue; // a file that is being written
    const path = join(folder, file);
    const wish = readJsonFile(path, workerWishSchema);
    const askedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (wish && askedMs !== undefined) wishes.set(file.slice(0, -".json".length), { wish, askedMs });
  }
  return wishes;
}

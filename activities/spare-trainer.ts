import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";

import type { ForkedTrainer, TrainerListener } from "./fork-trainer.ts";
import { isRunning } from "./fork-trainer.ts";
import { silentLog } from "./stage.ts";

/** How long a process is kept for a next training. */
const standardKeepMs = 10_000;

/**
 * The trainer of a training that has ended, for the next one of the same worker: a sweep of small networks would spend most of its time on
 * starting processes. It keeps nobody from ending: neither the worker, with which it ends, nor for long.
 */
export class SpareTrainer {
  readonly #keepMs: number;
  #kept: ForkedTrainer | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor({ keepMs = standardKeepMs } = {}) {
    this.#keepMs = keepMs;
  }

  keep(trainer: ForkedTrainer): void {
    this.#drop();
    this.#kept = trainer;
    trainer.listen({ log: silentLog, onMessage: () => undefined });
    hold(trainer.child, false);
    this.#timer = setTimeout(() => this.#drop(), this.#keepMs).unref();
  }

  /** Gives the process that is kept, if there is one and it lives. */
  take(listener: TrainerListener): ForkedTrainer | null {
    const trainer = this.#kept;
    clearTimeout(this.#timer);
    this.#kept = null;
    if (trainer === null || !isRunning(trainer.child) || !trainer.child.connected) return null;
    hold(trainer.child, true);
    trainer.listen(listener);
    return trainer;
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#kept?.child.kill("SIGKILL");
    this.#kept = null;
  }
}

/** Whether this process waits for a child's end before it ends itself. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const verb = isHeld ? "ref" : "unref";
  child[verb]();
  child.channel?.[verb]();
  for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.[verb]();
}

import type { RunView } from "../../client/types.ts";
import type { EarlierTraining, RunStatus, StageProgress, StageRecord, StageStatus } from "../../ml/run/schema.ts";
import type { Stage } from "../../ml/stages.ts";

/** What happened between two views of a run: what plain text and NDJSON show. */
export type RunEvent =
  | { type: "run"; runId: string; pipeline: string; status: RunStatus }
  | {
      type: "stage";
      stage: Stage;
      status: StageStatus;
      seconds: number;
      attempts: number;
      reusedFrom: string | null;
      /** Of a training: the earlier run's checkpoint that it goes on from. */
      continuedFrom: EarlierTraining | null;
      error: StageRecord["error"];
    }
  | {
      type: "epoch";
      stage: Stage;
      epoch: number;
      epochs: number;
      /** Running means over the epoch, as Keras prints them. */
      loss: number;
      accuracy: number;
      imagesPerSecond: number | null;
    }
  | ({ type: "progress"; stage: Stage } & StageProgress)
  | { type: "notice"; message: string };

/** Turns a sequence of views into events. Progress of a stage is told once in `progressEveryMs`. */
export class RunEvents {
  readonly #progressEveryMs: number;
  #runStatus: RunStatus | undefined;
  readonly #statuses = new Map<Stage, string>();
  readonly #toldEpoch = new Map<Stage, number>();
  readonly #toldAt = new Map<Stage, number>();
  #notices = new Set<string>();

  constructor({ progressEveryMs }: { progressEveryMs: number }) {
    this.#progressEveryMs = progressEveryMs;
  }

  next(view: RunView, nowMs: number): RunEvent[] {
    const { record } = view;
    const events: RunEvent[] = [];
    if (this.#runStatus === undefined) events.push(this.#run(view));
    for (const notice of view.notices) if (!this.#notices.has(notice)) events.push({ type: "notice", message: notice });
    this.#notices = new Set(view.notices);
    for (const stage of record.stages) events.push(...this.#stage(stage, view.progress[stage.name], nowMs));
    if (this.#runStatus !== record.status) events.push(this.#run(view));
    return events;
  }

  #run({ record }: RunView): RunEvent {
    this.#runStatus = record.status;
    return { type: "run", runId: record.runId, pipeline: record.pipeline.name, status: record.status };
  }

  #stage(stage: StageRecord, progress: StageProgress | undefined, nowMs: number): RunEvent[] {
    const { name, status, seconds, attempts, reusedFrom, continuedFrom = null, error } = stage;
    const before = this.#statuses.get(name);
    const now = status === "running" ? [status, attempts, continuedFrom?.runId].join(" ") : status;
    this.#statuses.set(name, now);
    const change: RunEvent = { type: "stage", stage: name, status, seconds, attempts, reusedFrom, continuedFrom, error };
    if (status === "running") return [...(now === before ? [] : [change]), ...this.#progress(name, progress, nowMs)];
    if (now === before || (before === undefined && status === "pending")) return [];
    if (status !== "ran" || !before?.startsWith("running")) return [change];
    return [...this.#epochs(name, progress), ...this.#lastEpoch(stage), change];
  }

  #progress(stage: Stage, progress: StageProgress | undefined, nowMs: number): RunEvent[] {
    if (!progress) return [];
    const { finishedEpochs: _told, ...rest } = progress;
    const events = this.#epochs(stage, progress);
    const toldAt = this.#toldAt.get(stage);
    if (toldAt === undefined || nowMs - toldAt >= this.#progressEveryMs) {
      this.#toldAt.set(stage, nowMs);
      events.push({ type: "progress", stage, ...rest });
    }
    return events;
  }

  /** Of epochs told of together, the speed is that of the newest. */
  #epochs(stage: Stage, progress: StageProgress | undefined): RunEvent[] {
    const { finishedEpochs = [], epochs, imagesPerSecond = null } = progress ?? {};
    const newest = finishedEpochs.at(-1)?.epoch;
    return finishedEpochs.flatMap((finished) => {
      const speed = finished.epoch === newest ? imagesPerSecond : null;
      return this.#epoch(stage, { ...finished, epochs: epochs ?? finished.epoch, imagesPerSecond: speed });
    });
  }

  /** Each epoch once; an attempt that goes on from an earlier checkpoint repeats none. */
  #epoch(stage: Stage, epoch: Omit<Extract<RunEvent, { type: "epoch" }>, "type" | "stage">): RunEvent[] {
    if (epoch.epoch <= (this.#toldEpoch.get(stage) ?? 0)) return [];
    this.#toldEpoch.set(stage, epoch.epoch);
    return [{ type: "epoch", stage, ...epoch }];
  }

  /** A training ends between two heartbeats; the numbers of its last epoch stand in its summary. */
  #lastEpoch({ name, summary }: StageRecord): RunEvent[] {
    const { epochs, train, imagesPerSecond } = summary;
    if (typeof epochs !== "number" || typeof train !== "object" || train === null || Array.isArray(train)) return [];
    const { loss, accuracy } = train;
    if (typeof loss !== "number" || typeof accuracy !== "number") return [];
    const rate = typeof imagesPerSecond === "number" ? imagesPerSecond : null;
    return this.#epoch(name, { epoch: epochs, epochs, loss, accuracy, imagesPerSecond: rate });
  }
}

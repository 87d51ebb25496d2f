import type { RunView } from "../../client/types.ts";
import type { RunStatus, StageProgress, StageRecord, StageStatus } from "../../ml/run/schema.ts";
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
      error: StageRecord["error"];
    }
  | {
      type: "epoch";
      stage: Stage;
      epoch: number;
      epochs: number;
      loss: number | null;
      accuracy: number | null;
      imagesPerSecond: number | null;
    }
  | ({ type: "progress"; stage: Stage } & StageProgress)
  | { type: "notice"; message: string };

/** Turns a sequence of views into events. Progress of a stage is told once in `progressEveryMs`, and when it is complete. */
export class RunEvents {
  readonly #progressEveryMs: number;
  #runStatus: RunStatus | undefined;
  readonly #statuses = new Map<Stage, string>();
  readonly #latest = new Map<Stage, StageProgress>();
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
    const { name, status, seconds, attempts, reusedFrom, error } = stage;
    const before = this.#statuses.get(name);
    const now = `${status} ${status === "running" ? attempts : ""}`;
    this.#statuses.set(name, now);
    const change: RunEvent = { type: "stage", stage: name, status, seconds, attempts, reusedFrom, error };
    if (now !== before && status === "running") return [change, ...this.#progress(name, progress, nowMs)];
    const events = status === "running" ? this.#progress(name, progress, nowMs) : this.#lastEpoch(name);
    const isNews = now !== before && !(before === undefined && status === "pending");
    return isNews ? [...events, change] : events;
  }

  #progress(stage: Stage, progress: StageProgress | undefined, nowMs: number): RunEvent[] {
    if (!progress) return [];
    const before = this.#latest.get(stage);
    this.#latest.set(stage, progress);
    const events: RunEvent[] = before && (progress.epoch ?? 0) > (before.epoch ?? 0) ? epochOf(stage, before) : [];
    const toldAt = this.#toldAt.get(stage) ?? nowMs - (before ? 0 : this.#progressEveryMs);
    if (nowMs - toldAt >= this.#progressEveryMs) {
      this.#toldAt.set(stage, nowMs);
      events.push({ type: "progress", stage, ...progress });
    } else this.#toldAt.set(stage, toldAt);
    return events;
  }

  /** The numbers of the epoch that was going on when a stage ended. */
  #lastEpoch(stage: Stage): RunEvent[] {
    const last = this.#latest.get(stage);
    this.#latest.delete(stage);
    return last ? epochOf(stage, last) : [];
  }
}

function epochOf(stage: Stage, progress: StageProgress): RunEvent[] {
  const { epoch, epochs, loss, accuracy, imagesPerSecond } = progress;
  if (epoch === undefined || epoch < 1) return [];
  return [
    {
      type: "epoch",
      stage,
      epoch,
      epochs: epochs ?? epoch,
      loss: loss ?? null,
      accuracy: accuracy ?? null,
      imagesPerSecond: imagesPerSecond ?? null,
    },
  ];
}

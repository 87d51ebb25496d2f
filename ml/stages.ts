/** The ten stages, in the order a run goes through them. Each name is a verb and names that stage everywhere. */
export const stages = [
  "ingest",
  "check",
  "split",
  "normalize",
  "encode",
  "augment",
  "explore",
  "train",
  "evaluate",
  "register",
] as const;

export type Stage = (typeof stages)[number];

/** Whether a stage comes after the last one that is asked for. */
export function isBeyond(name: Stage, until: Stage | undefined): boolean {
  return until !== undefined && stages.indexOf(name) > stages.indexOf(until);
}

/** Stages that compute with TensorFlow and are therefore served by the gpu queue. */
export const gpuStages = ["train", "evaluate", "register"] as const satisfies readonly Stage[];

/** Stages whose result depends on the run's seed; only their ledger keys contain it. */
export const seededStages = ["split", "augment", "explore", "train", "evaluate"] as const satisfies readonly Stage[];

/** What of a run's seed is part of a stage's work: nothing where it draws nothing. */
export function seedOf(name: Stage, seed: number): number | null {
  return (seededStages as readonly Stage[]).includes(name) ? seed : null;
}

/** Stages that hand on a page to read, their one output of HTML. */
export const reportStages = ["check", "explore", "evaluate"] as const satisfies readonly Stage[];
export type ReportStage = (typeof reportStages)[number];

import * as pipelineErrors from "../ml/errors.ts";
import { ArtifactCorrupt, PipelineError, TrainerCrashed, TrainerStalled } from "../ml/errors.ts";
import type { PredictJob } from "../ml/predict/schema.ts";
import type { TrainerJob, TrainerMessage, TrainerProgress } from "../ml/train/trainer-messages.ts";
import { StorageFailed } from "../storage/s3-object-store.ts";

/** What is known of a trainer when it ends. */
export interface TrainerCircumstances {
  job: TrainerJob | PredictJob;
  progress: TrainerProgress | null;
  /** As the trainer said; null if it did not get that far. */
  device: string | null;
  lastLines: readonly string[];
}

type Failed = Extract<TrainerMessage, { type: "failed" }>;

/** Failure messages are cut at 4 KiB on their way through Temporal. */
const shownCharacters = 1500;
const memoryWords = /bad_alloc|out of memory|OOM when|resource ?_?exhausted|cannot allocate memory|failed to allocate/i;

/** The error a trainer told before it ended, as the class it was; what is none of ours is an exception inside TensorFlow. */
export function toldError(failed: Failed, circumstances: TrainerCircumstances): Error {
  const { name, message, sha256 = "" } = failed;
  if (name === "ArtifactCorrupt") return new ArtifactCorrupt(message, sha256);
  if (name === "StorageFailed") return new StorageFailed(message, undefined);
  if (name === "TrainerCrashed") return new TrainerCrashed(explain(message, circumstances, toldAdvice));
  const OwnError = (pipelineErrors as unknown as Record<string, typeof PipelineError | undefined>)[name];
  if (OwnError !== undefined) return new OwnError(message);
  const isMemory = memoryWords.test(message);
  return new TrainerCrashed(
    explain(
      `${name} ended the trainer: ${message.slice(0, shownCharacters)}`,
      circumstances,
      isMemory ? memoryAdvice : exceptionAdvice,
    ),
    { cause: Object.assign(new Error(message), { name, stack: failed.stack }) },
  );
}

/** A trainer that ended without a word. */
export function crash(end: { code: number | null; signal: string | null }, circumstances: TrainerCircumstances): TrainerCrashed {
  const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
  const saidMemory = circumstances.lastLines.some((line) => memoryWords.test(line));
  const killed = end.signal === "SIGKILL" || end.code === 137;
  const advice = saidMemory || killed ? memoryAdvice : end.signal === null ? exceptionAdvice : signalAdvice;
  return new TrainerCrashed(explain(`The trainer ended by ${how}`, circumstances, advice));
}

export function stall(seconds: number, circumstances: TrainerCircumstances): TrainerStalled {
  const phase = circumstances.progress?.phase ?? "starting";
  return new TrainerStalled(
    explain(`The trainer made no progress for ${Math.round(seconds)} s while ${phase} and was ended`, circumstances, stallAdvice),
  );
}

const memoryAdvice = ({ kind }: TrainerCircumstances["job"]) =>
  `It most likely ran out of memory. Try ${kind === "train" ? "a smaller train.batchSize, " : ""}a smaller model or smaller images, or a machine with more memory`;
const signalAdvice = () => "TensorFlow aborted. If it happens again, run `convoy doctor` and try train.engine=eager";
const exceptionAdvice = () => "See the last lines below and the stage's log; train.engine=eager tells which op it was";
/** The engine says itself what to try. */
const toldAdvice = () => "A retry goes on from the newest checkpoint";
const stallAdvice = () => "The device may hang: look at it with nvidia-smi. A retry goes on from the newest checkpoint";

function explain(
  what: string,
  circumstances: TrainerCircumstances,
  advice: (job: TrainerCircumstances["job"]) => string,
): string {
  const { job, progress, device, lastLines } = circumstances;
  const facts = [
    `device=${device ?? "unknown"}`,
    ...(job.kind === "train" ? [`batchSize=${job.train.batchSize}`] : []),
    `phase=${progress?.phase ?? "starting"}`,
    ...(progress && progress.epoch > 0 ? [`epoch=${progress.epoch}`, `step=${progress.step}`] : []),
    `checkpoint=${progress?.checkpoint?.split("/").at(-1)?.slice(0, 24) ?? "none"}`,
  ];
  const output = lastLines.join("\n").slice(-shownCharacters);
  return `${what} [${facts.join(", ")}]. ${advice(job)}.${output === "" ? "" : `\nIts last lines:\n${output}`}`;
}

import type { Stage } from "../ml/stages.ts";
import { PipelineError } from "../ml/errors.ts";
import { connect } from "./connect.ts";
import { loadPipelineFile } from "./pipeline-file.ts";
import { reportStage } from "./report-stage.ts";
import type { RunResult } from "./run-result.ts";
import { runResult } from "./run-result.ts";
import type { Convoy, RunView } from "./types.ts";

export interface RunFileOptions {
  /** Stands above the file's values: `{ "train.epochs": 3 }`, as `--set train.epochs=3`. */
  set?: Readonly<Record<string, unknown>>;
  /** Folder that the file and dataset paths start from (default: the working directory). */
  folder?: string;
  /** Which of this machine's stacks, above CONVOY_PROFILE. */
  profile?: string;
  /** The last stage wanted; all of them where absent. */
  until?: Stage;
  /** Called whenever something changed, at most four times a second. */
  onChange?: (view: RunView) => void;
  /** Told what is being started or waited for, a line each. */
  onProgress?: (line: string) => void;
  /** Stops the run when aborted; training first stores a checkpoint. */
  signal?: AbortSignal;
}

/** Thrown when a run did not end well; `result` has everything known of it. */
export class RunFailed extends PipelineError {
  readonly result: RunResult;
  constructor(result: RunResult) {
    super(`Run ${result.runId} ${result.status}${result.error ? `: ${result.error.type}: ${result.error.message}` : ""}`);
    this.result = result;
  }
}

/**
 * Runs a pipeline file to its end, as `convoy run FILE` does: starts the embedded servers where none are configured, uploads what is
 * new, reuses what is there.
 *
 * @returns what `convoy run --json` prints
 * @throws {RunFailed} where the run failed, was stopped, or waits for an operator
 * @throws {InvalidConfiguration} @throws {ModuleFailed} where the file or a module is wrong: nothing was started
 * @throws {Unavailable} where a server or program is missing
 */
export async function run(file: string, options: RunFileOptions = {}): Promise<RunResult> {
  const { set = {}, folder = process.cwd(), profile, until, onChange = () => undefined, onProgress, signal } = options;
  // JSON is YAML, which is what values after an equals sign are read as.
  const settings = Object.entries(set).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const loaded = await loadPipelineFile(file, { set: settings, folder });
  const convoy = await connect({ profile, ...(onProgress ? { onProgress } : {}) });
  try {
    const { runId } = await convoy.startRun({ ...loaded, until });
    const result = await follow(convoy, runId, { onChange, signal });
    if (result.status !== "done") throw new RunFailed(result);
    return result;
  } finally {
    await convoy.close();
  }
}

async function follow(
  convoy: Convoy,
  runId: string,
  { onChange, signal }: { onChange: (view: RunView) => void; signal: AbortSignal | undefined },
): Promise<RunResult> {
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping = convoy.stopRun(runId);
    stopping.catch(() => undefined); // awaited below; a failure of watching comes first
  };
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const view of convoy.watchRun(runId)) {
      onChange(view);
      if (view.record.status === "waiting") break;
    }
    await stopping;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  const { record } = await convoy.viewRun(runId);
  const page = reportStage(record);
  return runResult(record, page ? await convoy.reportPath(runId, page) : null);
}

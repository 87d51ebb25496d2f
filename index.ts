/** What a project that uses convoy as a package imports from it. */
export { connect } from "./client/connect.ts";
export type { ConnectOptions } from "./client/connect.ts";
export { PipelineFileError } from "./client/pipeline-file-error.ts";
export { loadPipelineFile } from "./client/pipeline-file.ts";
export type { LoadedPipeline, LoadOptions } from "./client/pipeline-file.ts";
export { run, RunFailed } from "./client/run-file.ts";
export type { RunFileOptions } from "./client/run-file.ts";
export type { RunResult } from "./client/run-result.ts";
export { Unavailable, UnknownRun } from "./client/types.ts";
export type { Convoy, RunView, StartRunOptions } from "./client/types.ts";
export { InvalidConfiguration, InvalidData, ModuleFailed, PipelineError } from "./ml/errors.ts";
export { defineCallback, defineLoss, defineModel, defineReader, defineRule } from "./ml/module/define.ts";
export type {
  CallbackDefinition,
  EpochAnswer,
  EpochEnd,
  LossDefinition,
  LossInput,
  ModelDefinition,
  ModelInput,
  ReadImage,
  ReaderDefinition,
  RuleDefinition,
} from "./ml/module/definitions.ts";
export type { Pipeline } from "./ml/pipeline.ts";

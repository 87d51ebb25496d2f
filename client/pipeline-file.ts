import { dirname, resolve } from "node:path";

import type { Document } from "yaml";
import { LineCounter, isMap, isNode, isPair, isSeq, parseDocument } from "yaml";

import type { Pipeline } from "../ml/pipeline.ts";
import { pipelineSchema } from "../ml/pipeline.ts";
import type { Explanation } from "./explain-issues.ts";
import { explainIssues } from "./explain-issues.ts";
import type { Mistake } from "./pipeline-file-error.ts";
import { PipelineFileError } from "./pipeline-file-error.ts";
import type { PathSegment } from "./pipeline-json-schema.ts";
import { pipelineJsonSchema } from "./pipeline-json-schema.ts";
import type { Setting } from "./pipeline-settings.ts";
import { applySetting, readSetting } from "./pipeline-settings.ts";
import { readPipelineText } from "./read-pipeline-text.ts";

export interface LoadedPipeline {
  pipeline: Pipeline;
  /** Folder that relative dataset paths of the file start from. */
  baseFolder: string;
}

interface LoadOptions {
  /** `key=value` each, over the file's values; typed by what the file may hold there. */
  set?: readonly string[];
  /** Folder that `file`, and a `dataset.path` that is set, start from. */
  folder: string;
}

/**
 * Reads a pipeline file, puts settings over it, and checks the whole.
 *
 * @throws {PipelineFileError} with every mistake at once
 * @throws {InvalidConfiguration} when there is no such file, naming the nearest that exists
 */
export async function loadPipelineFile(file: string, { set = [], folder }: LoadOptions): Promise<LoadedPipeline> {
  const path = resolve(folder, file);
  const text = await readPipelineText(path, file);
  const source = new PipelineSource(text);
  const pipeline = parsePipeline(source, file, readSettings(set, file), folder);
  return { pipeline, baseFolder: dirname(path) };
}

function readSettings(texts: readonly string[], file: string): Setting[] {
  const settings: Setting[] = [];
  const mistakes: Mistake[] = [];
  for (const text of texts) {
    const setting = readSetting(text);
    if (typeof setting === "string") mistakes.push(optionMistake(text, setting));
    else settings.push(setting);
  }
  if (mistakes.length > 0) throw new PipelineFileError(file, mistakes);
  return settings;
}

function parsePipeline(source: PipelineSource, file: string, settings: Setting[], folder: string): Pipeline {
  if (source.mistakes.length > 0 && source.isUnreadable) throw new PipelineFileError(file, source.mistakes);
  const inFolder = settings.map((setting) => withFolder(setting, folder));
  let attempt = check(source, inFolder);
  if (attempt.outcome?.success === false) {
    // YAML reads `2019` as a number; where text is wanted the option means text.
    const retyped = inFolder.map((setting) => (attempt.isWrong(setting) ? { ...setting, value: setting.raw } : setting));
    const again = check(source, retyped);
    if (again.mistakes.length < attempt.mistakes.length) attempt = again;
  }
  const mistakes = [...source.mistakes, ...attempt.mistakes].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (mistakes.length > 0 || !attempt.outcome?.success) throw new PipelineFileError(file, mistakes);
  return attempt.outcome.data;
}

function check(source: PipelineSource, settings: readonly Setting[]) {
  const value = source.value();
  const mistakes: Mistake[] = [];
  for (const setting of settings) {
    const problem = applySetting(value, setting.path, setting.value);
    if (problem) mistakes.push(optionMistake(setting.text, problem));
  }
  if (mistakes.length > 0) return { mistakes, outcome: undefined, isWrong: () => false };
  const outcome = pipelineSchema.safeParse(value);
  const explanations = outcome.success ? [] : explainIssues(outcome.error.issues, value, pipelineJsonSchema());
  for (const explanation of explanations) {
    const setting = settings.findLast((candidate) => concerns(candidate.path, explanation.path));
    mistakes.push(setting ? settingMistake(setting, explanation) : source.locate(explanation));
  }
  const isWrong = (setting: Setting) => explanations.some(({ path }) => concerns(setting.path, path));
  return { mistakes, outcome, isWrong };
}

/** A path typed on the command line starts from where it was typed. Addresses and npm packages stay as they are. */
function withFolder(setting: Setting, folder: string): Setting {
  if (setting.path.join(".") !== "dataset.path") return setting;
  const from = (path: unknown) =>
    typeof path === "string" && path !== "" && !/^[a-z0-9]+:/i.test(path) ? resolve(folder, path) : path;
  return { ...setting, value: Array.isArray(setting.value) ? setting.value.map(from) : from(setting.value) };
}

function concerns(path: readonly PathSegment[], issue: readonly PathSegment[]): boolean {
  return path.every((segment, index) => String(segment) === String(issue[index]));
}

function settingMistake(setting: Setting, { path, message, hint }: Explanation): Mistake {
  const inner = path.slice(setting.path.length).join(".");
  return optionMistake(setting.text, inner ? `${inner}: ${message}` : message, hint);
}

function optionMistake(option: string, message: string, hint?: string): Mistake {
  return { path: "", message, hint: hint ?? null, option, line: null, column: null, source: null, length: 0 };
}

/** The text of a file, its YAML, and where in it things stand. */
class PipelineSource {
  readonly #lines: string[];
  readonly #counter = new LineCounter();
  readonly #document: Document.Parsed;
  /** Mistakes of YAML itself, and keys that stand twice. */
  readonly mistakes: Mistake[];
  /** Whether the YAML is too broken to look at its values. */
  readonly isUnreadable: boolean;

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/);
    this.#document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false, merge: true });
    const { errors, contents } = this.#document;
    this.mistakes = errors.map((error) => this.#at(error.pos, "", lowerFirst(yamlMessage(error)), undefined));
    const isOther = contents !== null && !isMap(contents);
    if (isOther) this.mistakes.push(this.#at([0, 1], "", "a pipeline file is a mapping (key: value)", undefined));
    this.isUnreadable = isOther || errors.some((error) => error.code !== "DUPLICATE_KEY");
  }

  /** The file's values, newly made at each call. */
  value(): Record<string, unknown> {
    const value: unknown = this.#document.toJS({ maxAliasCount: 100 });
    return (value ?? {}) as Record<string, unknown>; // a mapping or empty: the constructor looked
  }

  locate({ path, at, message, hint }: Explanation): Mistake {
    return this.#at(this.#rangeOf(path, at), path.join("."), message, hint);
  }

  #at([start, end]: readonly [number, number], path: string, message: string, hint: string | undefined): Mistake {
    const { line, col } = this.#counter.linePos(start);
    const source = this.#lines[Math.max(line, 1) - 1] ?? "";
    const column = Math.min(Math.max(col, 1), source.length + 1);
    const length = Math.max(1, Math.min(end - start, source.trimEnd().length - column + 1));
    return { path, message, hint: hint ?? null, option: null, line: Math.max(line, 1), column, source, length };
  }

  /** Characters of the key or value at `path`; of the nearest thing above where it is not in the file. */
  #rangeOf(path: readonly PathSegment[], at: Explanation["at"]): readonly [number, number] {
    let node: unknown = this.#document.contents;
    let range: readonly [number, number] = [0, 1];
    for (const [depth, segment] of path.entries()) {
      const found = childAt(node, segment);
      if (!found) break;
      const isLast = depth === path.length - 1;
      range = (isLast && at === "value" ? (found.value ?? found.key) : (found.key ?? found.value)) ?? range;
      node = found.node;
    }
    return range;
  }
}

interface Child {
  node: unknown;
  key: readonly [number, number] | undefined;
  value: readonly [number, number] | undefined;
}

function childAt(node: unknown, segment: PathSegment): Child | undefined {
  if (isSeq(node) && typeof segment === "number") {
    const item: unknown = node.items[segment];
    return item === undefined ? undefined : { node: item, key: undefined, value: rangeOfNode(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && String(item.key) === String(segment));
  return pair && { node: pair.value, key: rangeOfNode(pair.key), value: rangeOfNode(pair.value) };
}

function rangeOfNode(node: unknown): readonly [number, number] | undefined {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : undefined;
}

function yamlMessage(error: { code: string; message: string }): string {
  if (error.code === "DUPLICATE_KEY") return "this key stands twice in the same mapping";
  if (error.code === "TAB_AS_INDENT") return "YAML is indented by spaces, not by tabs";
  return error.message.split("\n")[0] ?? error.code;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

import { dirname, resolve } from "node:path";

import type { Document, YAMLError } from "yaml";
import { LineCounter, isMap, isNode, isPair, isSeq, parseDocument } from "yaml";

import type { Pipeline } from "../ml/pipeline.ts";
import { writtenPipelineSchema } from "../ml/pipeline.ts";
import { applySetting } from "../ml/set-value.ts";
import type { Explanation } from "./explain-issues.ts";
import { explainIssues } from "./explain-issues.ts";
import type { Mistake } from "./pipeline-file-error.ts";
import { PipelineFileError } from "./pipeline-file-error.ts";
import type { PathSegment } from "./pipeline-json-schema.ts";
import { pipelineJsonSchema } from "./pipeline-json-schema.ts";
import type { Setting } from "./pipeline-settings.ts";
import { readSetting } from "./pipeline-settings.ts";
import { readPipelineText } from "./read-pipeline-text.ts";

export interface LoadedPipeline {
  pipeline: Pipeline;
  /** Folder that relative dataset paths start from: where convoy was started. */
  baseFolder: string;
  /** Folder that paths of the user's own modules start from: the file's own. */
  moduleFolder: string;
}

export interface LoadOptions {
  /** `key=value` each, over the file's values; typed by what the file may hold there. */
  set?: readonly string[];
  /** Folder that `file` and dataset paths start from (default: the working directory). */
  folder?: string;
}

/**
 * Reads a pipeline file, puts settings over it, and checks the whole.
 *
 * @throws {PipelineFileError} with every mistake at once
 * @throws {InvalidConfiguration} when there is no such file, naming the nearest that exists
 */
export async function loadPipelineFile(
  file: string,
  { set = [], folder = process.cwd() }: LoadOptions = {},
): Promise<LoadedPipeline> {
  const path = resolve(folder, file);
  const text = await readPipelineText(path, file, folder);
  const pipeline = parsePipeline(new PipelineSource(text), file, set);
  return { pipeline, baseFolder: folder, moduleFolder: dirname(path) };
}

/** Checks the file with the settings over it; mistakes of either are told together. */
function parsePipeline(source: PipelineSource, file: string, texts: readonly string[]): Pipeline {
  const read = texts.map((text) => ({ text, setting: readSetting(text) }));
  const mistakes = read.flatMap(({ text, setting }) => (typeof setting === "string" ? [optionMistake(text, setting)] : []));
  mistakes.push(...source.mistakes);
  if (source.isUnreadable) throw new PipelineFileError(file, mistakes);
  const settings = read.flatMap(({ setting }) => (typeof setting === "string" ? [] : [setting]));
  let attempt = check(source, settings);
  if (!attempt.outcome.success && settings.length > 0) {
    // YAML reads `2019` as a number; where text is wanted the option means text.
    const retyped = settings.map((setting) => (attempt.isWrong(setting) ? { ...setting, value: setting.raw } : setting));
    const again = check(source, retyped);
    if (again.mistakes.length < attempt.mistakes.length) attempt = again;
  }
  mistakes.push(...attempt.mistakes);
  if (mistakes.length > 0 || !attempt.outcome.success) throw new PipelineFileError(file, mistakes.sort(byPlace(texts)));
  return attempt.outcome.data;
}

function check(source: PipelineSource, settings: readonly Setting[]) {
  const value = source.value();
  const mistakes: Mistake[] = [];
  for (const setting of settings) {
    const problem = applySetting(value, setting.path, setting.value);
    if (problem) mistakes.push(optionMistake(setting.text, problem));
  }
  const outcome = writtenPipelineSchema.safeParse(value);
  const explanations = outcome.success ? [] : explainIssues(outcome.error.issues, value, pipelineJsonSchema());
  for (const explanation of explanations) {
    const setting = settings.findLast((candidate) => concerns(candidate.path, explanation.path));
    mistakes.push(setting ? settingMistake(setting, explanation) : source.locate(explanation));
  }
  const isWrong = (setting: Setting) => explanations.some(({ path }) => concerns(setting.path, path));
  return { mistakes, outcome, isWrong };
}

/** Options in the order they were given, then the file from top to bottom. */
function byPlace(options: readonly string[]): (a: Mistake, b: Mistake) => number {
  const place = ({ line, column, option }: Mistake) =>
    option === null ? (line ?? 0) + (column ?? 0) / 1e6 : options.indexOf(option) - options.length;
  return (a, b) => place(a) - place(b);
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
    this.mistakes = errors.map((error) => this.#at(error.pos, "", yamlMessage(error, text), undefined));
    const isOther = contents !== null && !isMap(contents);
    if (isOther) this.mistakes.push(this.#at([0, 1], "", "a pipeline file is a mapping (key: value)", undefined));
    const bomb = errors.length > 0 ? undefined : this.#aliasBomb();
    if (bomb) this.mistakes.push(this.#at([0, 1], "", bomb, undefined));
    this.isUnreadable = isOther || bomb !== undefined || errors.some((error) => error.code !== "DUPLICATE_KEY");
  }

  /** The file's values, newly made at each call. */
  value(): Record<string, unknown> {
    const value: unknown = this.#document.toJS({ maxAliasCount: 100 });
    return (value ?? {}) as Record<string, unknown>; // a mapping or empty: the constructor looked
  }

  /** Aliases of aliases can make a small file fill the memory; yaml counts and throws. */
  #aliasBomb(): string | undefined {
    try {
      this.value();
      return undefined;
    } catch (error) {
      return `its aliases (*name) cannot be followed: ${error instanceof Error ? error.message : String(error)}`;
    }
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

function yamlMessage({ code, message, pos }: YAMLError, text: string): string {
  if (code === "DUPLICATE_KEY") return `\`${/^[^\s:,}]*/.exec(text.slice(pos[0]))?.[0] ?? ""}\` stands twice in the same mapping`;
  if (code === "TAB_AS_INDENT") return "YAML is indented by spaces, not by tabs";
  const bracket = /end with a ([\]}])/.exec(message)?.[1];
  if (bracket) return `a ${bracket === "]" ? "[list]" : "{mapping}"} that began above is not closed by ${bracket}`;
  const first = message.split("\n")[0] ?? code;
  return first.charAt(0).toLowerCase() + first.slice(1);
}

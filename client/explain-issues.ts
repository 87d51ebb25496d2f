import type { z } from "zod";

import { nearest } from "./nearest.ts";
import type { JsonSchema, PathSegment } from "./pipeline-json-schema.ts";
import { formsAt, keysAt, wordsAt } from "./pipeline-json-schema.ts";

/** One mistake in words, and what of the file it is about. */
export interface Explanation {
  path: PathSegment[];
  /** Point at the key, at the value, or (where something is missing) at what should hold it. */
  at: "key" | "value" | "holder";
  message: string;
  hint: string | undefined;
}

type Issue = z.core.$ZodIssue;

/** Says each of zod's issues in the words of the file, with the nearest valid name. */
export function explainIssues(issues: readonly Issue[], value: unknown, schema: JsonSchema): Explanation[] {
  return issues.flatMap((issue) => explain(issue, value, schema));
}

function explain(issue: Issue, root: unknown, schema: JsonSchema): Explanation[] {
  const path = segments(issue.path);
  const value = valueAt(root, path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], schema));
  if (value === undefined && path.length > 0) return [missing(path, schema)];
  if (issue.code === "invalid_union") return explainUnion(issue, path, value, root, schema);
  if (issue.code === "invalid_key") return [unknownKey(path, schema)];
  if (issue.code === "invalid_value") return [unknownWord(path, value, issue.values.map(String), schema)];
  return [{ path, at: "value", message: ruleText(issue, value), hint: undefined }];
}

function ruleText(issue: Issue, value: unknown): string {
  const given = received(value);
  if (issue.code === "invalid_type") return `must be ${kindNames[issue.expected] ?? issue.expected}${given}`;
  if (issue.code === "invalid_format") return `must be ${formatRule(issue)}${given}`;
  const entries = entriesRule(issue);
  if (entries !== undefined) return `${entries}${given}`;
  if (issue.code === "too_big") return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${given}`;
  if (issue.code !== "too_small") return `${lowerFirst(issue.message)}${given}`;
  if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
  return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${given}`;
}

function entriesRule(issue: Issue): string | undefined {
  if (issue.code === "too_big" && issue.origin === "array") return `must have at most ${issue.maximum} entries`;
  if (issue.code !== "too_small" || issue.origin !== "array" || issue.minimum <= 1) return undefined;
  return `must have at least ${issue.minimum} entries`;
}

/**
 * A value that may have several forms is explained by the form its writer meant: the one with the fewest mistakes. Where no form is
 * meant clearly, an unknown word or key is named with its nearest neighbour among all forms.
 */
function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: PathSegment[],
  value: unknown,
  root: unknown,
  schema: JsonSchema,
): Explanation[] {
  const branches = issue.errors.filter((errors) => !errors.some((error) => isOtherKind(error)));
  const scored = branches.map((errors) => ({ errors, score: errors.reduce((sum, error) => sum + weight(error), 0) }));
  const lowest = Math.min(...scored.map(({ score }) => score));
  const meant = scored.filter(({ score }) => score === lowest);
  if (typeof value === "string") {
    const words = wordsAt(schema, path);
    if (words.length > 0) return [unknownWord(path, value, words, schema)];
  }
  if (meant.length === 1 && meant[0]) {
    const inner = meant[0].errors.map((error) => ({ ...error, path: [...path, ...error.path] }));
    return explainIssues(inner, root, schema);
  }
  if (isMapping(value)) return explainMapping(value, path, schema);
  return [{ path, at: "value", message: `must be ${formNames(formsAt(schema, path))}${received(value)}`, hint: undefined }];
}

function explainMapping(value: object, path: PathSegment[], schema: JsonSchema): Explanation[] {
  const known = keysAt(schema, path);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) return unknown.map((key) => unknownKey([...path, key], schema));
  const kinds = [...new Set(formsAt(schema, path).flatMap((form) => form.required ?? []))];
  const noun = isLayer(path) ? "a layer must have one of the keys" : "must have one of the keys";
  return [{ path, at: "value", message: `${noun} ${listed(kinds)}, and only what belongs to it`, hint: undefined }];
}

function unknownKey(path: PathSegment[], schema: JsonSchema): Explanation {
  const key = String(path.at(-1));
  const holder = path.slice(0, -1);
  const known = keysAt(schema, holder);
  const isKind = isLayer(holder) && !known.includes(key);
  const message = isKind ? `unknown layer or setting \`${key}\`` : `unknown key \`${key}\``;
  return { path, at: "key", message, hint: suggestion(key, known) };
}

function unknownWord(path: PathSegment[], value: unknown, words: string[], schema: JsonSchema): Explanation {
  if (typeof value !== "string") {
    return { path, at: "value", message: `must be one of ${listed(words)}${received(value)}`, hint: undefined };
  }
  const layers = isLayer(path) ? keysAt(schema, path) : [];
  if (layers.length > 0) {
    const near = nearest(value, [...words, ...layers]);
    const hint =
      near === undefined
        ? `one of ${listed([...words, ...layers])}`
        : didYouMean(layers.includes(near) ? `{ ${near}: … }` : near);
    return { path, at: "value", message: `unknown layer \`${value}\``, hint };
  }
  const near = nearest(value, words);
  return {
    path,
    at: "value",
    message: `must be one of ${listed(words)}${received(value)}`,
    hint: near === undefined ? undefined : didYouMean(near),
  };
}

function missing(path: PathSegment[], schema: JsonSchema): Explanation {
  const description = formsAt(schema, path)[0]?.description ?? holderDescription(schema, path);
  return { path, at: "holder", message: "is required", hint: description };
}

/** A description stands beside `anyOf`, so it is lost among the forms. */
function holderDescription(schema: JsonSchema, path: readonly PathSegment[]): string | undefined {
  const key = String(path.at(-1));
  return formsAt(schema, path.slice(0, -1))
    .map((form) => form.properties?.[key]?.description)
    .find((text) => text !== undefined);
}

function formatRule(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.message.startsWith("Invalid") && issue.pattern ? `text like ${issue.pattern}` : issue.message;
}

function isOtherKind(issue: Issue): boolean {
  if (issue.code === "invalid_union" && issue.path.length === 0)
    return issue.errors.length > 0 && issue.errors.every((errors) => errors.some((error) => isOtherKind(error)));
  return (issue.path ?? []).length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

/** A wrong value under a right key is a smaller mistake than a key that does not belong there, or lacks. */
function weight(issue: Issue): number {
  if (issue.code === "unrecognized_keys") return 2 * issue.keys.length;
  return issue.code === "invalid_type" || issue.code === "invalid_value" ? 1.5 : 1;
}

const kindNames: Record<string, string> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping (key: value)",
  record: "a mapping (key: value)",
};

function formNames(forms: readonly JsonSchema[]): string {
  const names = forms.map((form) =>
    form.enum ? listed(form.enum.map(String)) : (kindNames[form.type ?? ""] ?? "something else"),
  );
  return [...new Set(names)].join(" or ");
}

function received(value: unknown): string {
  const text = value === null ? "nothing" : JSON.stringify(value);
  return `; received ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`;
}

function suggestion(given: string, known: readonly string[]): string | undefined {
  const near = nearest(given, known);
  if (near !== undefined) return didYouMean(near);
  return known.length > 0 ? `one of ${listed(known)}` : undefined;
}

const didYouMean = (name: string) => `did you mean \`${name}\`?`;
const listed = (names: readonly string[]) => names.join(", ");
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function isLayer(path: readonly PathSegment[]): boolean {
  return path.length === 2 && path[0] === "model" && typeof path[1] === "number";
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function segments(path: readonly PropertyKey[]): PathSegment[] {
  return path.map((segment) => (typeof segment === "number" ? segment : String(segment)));
}

/** What stands at `path`; undefined where nothing does. Only own properties count. */
export function valueAt(root: unknown, path: readonly PathSegment[]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PathSegment, unknown>)[segment];
  }
  return value;
}

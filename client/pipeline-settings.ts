import { parseDocument } from "yaml";

import type { PathSegment } from "./pipeline-json-schema.ts";

/** One `--set key=value`, taken apart. */
export interface Setting {
  /** As it was given, for messages. */
  text: string;
  path: PathSegment[];
  /** The value as YAML reads it: `3` is a number, `[a, b]` a list. */
  value: unknown;
  /** The value as text, for keys that want text: `--set dataset.licence=2019`. */
  raw: string;
}

/**
 * Takes `a.b.0.c=value` apart.
 *
 * @returns what is wrong with it, in words, where it cannot be read
 */
export function readSetting(text: string): Setting | string {
  const equals = text.indexOf("=");
  if (equals <= 0) return "expected key=value, like train.epochs=3";
  const names = text.slice(0, equals).split(".");
  if (names.some((name) => name === "" || name === "__proto__")) return "a part of the key before `=` is empty";
  const raw = text.slice(equals + 1);
  const document = parseDocument(raw, { prettyErrors: false });
  const error = document.errors[0];
  const value: unknown = error ? raw : document.toJS();
  return { text, path: names.map((name) => (/^\d+$/.test(name) ? Number(name) : name)), value, raw };
}

/**
 * Puts a value where its path leads, making mappings on the way; list entries must exist, or be the next one.
 *
 * @returns what is wrong, in words, where the path leads outside a list
 */
export function applySetting(root: Record<string, unknown>, path: readonly PathSegment[], value: unknown): string | undefined {
  let holder: Record<PathSegment, unknown> = root;
  for (const [depth, segment] of path.entries()) {
    if (Array.isArray(holder)) {
      const problem = outsideList(holder, segment, path.slice(0, depth));
      if (problem) return problem;
    }
    if (depth === path.length - 1) holder[segment] = value;
    else {
      const next = Object.hasOwn(holder, segment) ? holder[segment] : undefined;
      // A shorthand (`normalize: channel`, `- flatten`) gives way to the mapping that is being set.
      const child = typeof next === "object" && next !== null ? next : {};
      holder[segment] = child;
      holder = child as Record<PathSegment, unknown>;
    }
  }
  return undefined;
}

function outsideList(list: readonly unknown[], segment: PathSegment, path: readonly PathSegment[]): string | undefined {
  if (typeof segment === "number" && segment <= list.length) return undefined;
  const name = path.join(".");
  const entries = list.length === 0 ? "is an empty list" : `is a list whose entries are ${name}.0 to ${name}.${list.length - 1}`;
  return `\`${name}\` ${entries}; ${name}.${list.length} adds one`;
}

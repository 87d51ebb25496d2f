import { parseDocument } from "yaml";

import { keyPath } from "../ml/set-value.ts";
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
  const path = keyPath(text.slice(0, equals));
  if (path === null) return "a part of the key before `=` is empty";
  const raw = text.slice(equals + 1);
  const document = parseDocument(raw, { prettyErrors: false });
  const error = document.errors[0];
  const value: unknown = error ? raw : document.toJS();
  return { text, path, value, raw };
}

import { z } from "zod";

import { modulePathSchema, moduleSchema } from "../ml/module/schema.ts";
import { pipelineSchema } from "../ml/pipeline.ts";

/** The part of JSON Schema that zod writes and we walk. */
export interface JsonSchema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  propertyNames?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  /** A list where each place has its own. */
  items?: JsonSchema | JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  required?: string[];
  [keyword: string]: unknown;
}

/**
 * What a pipeline file may hold, as JSON schema draft 7 (what yaml-language-server reads): shorthands as they are written, defaults named.
 */
export function pipelineJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(pipelineSchema, {
    target: "draft-7",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // Its other form stands in records only.
      if (zodSchema !== moduleSchema) return;
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, { title: "./module.ts", ...z.toJSONSchema(modulePathSchema), $schema: undefined });
    },
  }) as JsonSchema;
  return { $schema, title: "convoy pipeline", ...rest };
}

export type PathSegment = string | number;

/** All forms a value at `path` may have; none where the path leads nowhere. */
export function formsAt(schema: JsonSchema, path: readonly PathSegment[]): JsonSchema[] {
  let forms = alternatives(schema);
  for (const segment of path) forms = forms.flatMap((form) => alternatives(childOf(form, segment)));
  return forms;
}

/** Every key that some form of a mapping at `path` knows. */
export function keysAt(schema: JsonSchema, path: readonly PathSegment[]): string[] {
  const keys = formsAt(schema, path).flatMap((form) => [
    ...Object.keys(form.properties ?? {}),
    ...(form.propertyNames?.enum ?? []).map(String),
  ]);
  return [...new Set(keys)];
}

/** Every word that may stand at `path`. */
export function wordsAt(schema: JsonSchema, path: readonly PathSegment[]): string[] {
  const words = formsAt(schema, path).flatMap((form) => form.enum ?? (form.const === undefined ? [] : [form.const]));
  return [...new Set(words.map(String))];
}

function childOf(schema: JsonSchema, segment: PathSegment): JsonSchema | undefined {
  if (typeof segment === "number") return Array.isArray(schema.items) ? schema.items[segment] : schema.items;
  const own = Object.hasOwn(schema.properties ?? {}, segment) ? schema.properties?.[segment] : undefined;
  if (own) return own;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function alternatives(schema: JsonSchema | undefined): JsonSchema[] {
  if (!schema) return [];
  const choices = schema.anyOf ?? schema.oneOf;
  return choices ? choices.flatMap(alternatives) : [schema];
}

import type { z } from "zod";

import type { ObjectStore, PutOptions } from "./object-store.ts";
import { ObjectNotFound } from "./object-store.ts";

/** Thrown when a JSON object we keep is not what its schema says: damaged, or written by a newer version. */
export class InvalidRecord extends Error {
  override name = "InvalidRecord";
}

export async function putJson(
  objects: ObjectStore,
  key: string,
  value: unknown,
  options: Pick<PutOptions, "condition" | "mayBeLost"> = {},
): Promise<{ etag: string }> {
  return objects.put(key, Buffer.from(`${JSON.stringify(value)}\n`), {
    mediaType: "application/json",
    ...options,
  });
}

/**
 * @throws {ObjectNotFound} when absent
 * @throws {InvalidRecord} when it does not parse
 */
export async function getJson<Schema extends z.ZodType>(
  objects: ObjectStore,
  key: string,
  schema: Schema,
): Promise<{ value: z.infer<Schema>; etag: string }> {
  const { bytes, etag } = await objects.get(key);
  try {
    return { value: schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))), etag };
  } catch (cause) {
    throw new InvalidRecord(`Not a valid record at ${objects.describe()} [key=${key}]: ${(cause as Error).message}`, { cause });
  }
}

/** Like {@link getJson}, with null for an absent object. */
export async function findJson<Schema extends z.ZodType>(
  objects: ObjectStore,
  key: string,
  schema: Schema,
): Promise<{ value: z.infer<Schema>; etag: string } | null> {
  try {
    return await getJson(objects, key, schema);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";

/** A file of the user's own, as a pipeline file names it; relative to that file. */
export const modulePathSchema = z
  .string()
  .regex(/^\.{1,2}\/.+\.[cm]?[jt]s$/, "a path that begins with ./ and ends with .ts or .js");

/** The same once it is in the store: bundled with what it imports, by content. Its hash is part of the parameters of the stage that runs it. */
export const storedModuleSchema = z.strictObject({
  /** As the pipeline file names it; for messages. */
  file: z.string(),
  /** JavaScript with its source map. */
  code: artifactRefSchema,
});
export type StoredModule = z.infer<typeof storedModuleSchema>;

/** Which kind it must be stands where it is used. */
export const moduleSchema = z
  .union([modulePathSchema, storedModuleSchema])
  .describe("a module of your own, relative to this file: ./my-module.ts");
export type ModuleReference = z.infer<typeof moduleSchema>;

/** Whether a value names a module; where one may stand, other values are settings of convoy's own. */
export function isModule(value: unknown): value is ModuleReference {
  return typeof value === "string" ? modulePathSchema.safeParse(value).success : storedModuleSchema.safeParse(value).success;
}

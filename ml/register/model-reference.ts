import { InvalidConfiguration } from "../errors.ts";
import { aliasNameSchema, modelNameSchema } from "./schema.ts";

/** Which version of a model is meant: one by number, the one an alias points to, or (neither) the one in use. */
export interface ModelReference {
  name: string;
  version?: number;
  alias?: string;
}

/**
 * Reads `NAME`, `NAME@ALIAS` or `NAME:VERSION`.
 * @throws {InvalidConfiguration} where it is none of these
 */
export function parseModelReference(text: string): ModelReference {
  const [, name = "", sign, rest = ""] = /^([^@:]*)(?:([@:])(.*))?$/.exec(text) ?? [];
  if (modelNameSchema.safeParse(name).success) {
    if (sign === undefined) return { name };
    if (sign === "@" && aliasNameSchema.safeParse(rest).success) return { name, alias: rest };
    if (sign === ":" && /^[1-9][0-9]{0,8}$/.test(rest)) return { name, version: Number(rest) };
  }
  throw new InvalidConfiguration(
    `A model is named NAME, NAME@ALIAS or NAME:VERSION, e.g. mnist, mnist@champion, mnist:3; received ${JSON.stringify(text)}`,
  );
}

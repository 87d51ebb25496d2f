import type { Signature } from "../ml/register/schema.ts";

/**
 * What a client has to know of a model whose files are read by a module of its author's: over HTTP a file has no name to know it by, and its
 * module runs with the rights of this server. Null where convoy decodes all that the model takes.
 */
export function pixelsOnly({ preprocessing }: Pick<Signature, "preprocessing">): string | null {
  const { reader } = preprocessing ?? {};
  if (reader === undefined) return null;
  const file = typeof reader === "string" ? reader : reader.file;
  return `files that the model's own ${file} decodes are not decoded here: send their pixels, or use \`convoy predict\``;
}

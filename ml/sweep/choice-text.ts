import { storedModuleSchema } from "../module/schema.ts";
import { storedBaseSchema } from "../model/transfer/schema.ts";

/** A value of a space in words: what was brought into the store goes by the name that the file gave it. */
export function choiceText(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => givenName(part) ?? part);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

function givenName(part: unknown): string | undefined {
  return storedModuleSchema.safeParse(part).data?.file ?? storedBaseSchema.safeParse(part).data?.source;
}

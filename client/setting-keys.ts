import type { JsonSchema } from "./pipeline-json-schema.ts";
import { pipelineJsonSchema } from "./pipeline-json-schema.ts";

/** Every key of a pipeline file that `--set` may name, with what it means: `train.epochs=`. List entries have no fixed name. */
export function settingKeys(): { value: string; says?: string }[] {
  return keysBelow(pipelineJsonSchema(), "");
}

function keysBelow(schema: JsonSchema, prefix: string): { value: string; says?: string }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const below = (child.anyOf ?? [child]).flatMap((form) => keysBelow(form, `${prefix}${key}.`));
    if (below.length > 0 && child.anyOf === undefined) return below;
    const own = { value: `${prefix}${key}=`, ...(child.description ? { says: child.description } : {}) };
    return [own, ...below];
  });
}

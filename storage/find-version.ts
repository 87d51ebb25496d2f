import { InvalidConfiguration } from "../ml/errors.ts";
import { parseModelReference } from "../ml/register/model-reference.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { ModelRegistry } from "./model-registry.ts";
import { ObjectNotFound } from "./object-store.ts";

/** The alias that names the model in use, where only a name is given. */
const standardAlias = "champion";

/**
 * The version that a reference means: `NAME:VERSION`, `NAME@ALIAS`, or the champion, without one the newest, of `NAME`.
 * @throws {InvalidConfiguration} naming what there is
 */
export async function findVersion(registry: ModelRegistry, reference: string): Promise<ModelVersion> {
  const { name, version, alias } = parseModelReference(reference);
  await knownModel(registry, name);
  if (version !== undefined) return versionOf(registry, name, version);
  const aliases = await registry.aliases(name);
  const held = aliases.get(alias ?? standardAlias);
  if (held !== undefined) return versionOf(registry, name, held);
  if (alias !== undefined) {
    const known = [...aliases.keys()].join(", ") || "none";
    throw new InvalidConfiguration(`Model ${name} has no alias ${JSON.stringify(alias)}; its aliases: ${known}`);
  }
  return versionOf(registry, name, (await registry.versions(name)).at(-1) ?? 1);
}

/** @throws {InvalidConfiguration} naming the models there are */
export async function knownModel(registry: ModelRegistry, name: string): Promise<string> {
  parseModelReference(name);
  const names = await registry.names();
  if (names.includes(name)) return name;
  const shown = names.slice(0, 10).join(", ") || "none; `convoy run` registers one";
  throw new InvalidConfiguration(`There is no model ${JSON.stringify(name)}; there are: ${shown}`);
}

/** @throws {InvalidConfiguration} naming the versions there are */
export async function versionOf(registry: ModelRegistry, name: string, version: number): Promise<ModelVersion> {
  try {
    return await registry.version(name, version);
  } catch (cause) {
    if (!(cause instanceof ObjectNotFound)) throw cause;
    const numbers = await registry.versions(name);
    throw new InvalidConfiguration(`Model ${name} has no version ${version}; it has ${numbers.join(", ")}`, { cause });
  }
}

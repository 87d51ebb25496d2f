import type { PromotionDecision } from "../ml/register/promotion.ts";
import type { ModelVersion, RegisterParameters } from "../ml/register/schema.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import type { CompareContext } from "./compare-versions.ts";
import { compareVersions } from "./compare-versions.ts";

export interface PromotionRequest {
  challenger: ModelVersion;
  policy: Omit<RegisterParameters, "name" | "formats">;
  /** A run, or a person. */
  movedBy: string;
  /** In a person's words, beside what the gate says. */
  reason?: string;
}

/**
 * Moves an alias to a version if the gate lets it.
 * @returns whether it moved, and what was decided; null where this process may not start TensorFlow and would have to
 * @throws {RegistrationRefused} where the two versions cannot be compared
 * @throws {PreconditionFailed} when the alias was moved meanwhile: decide again
 */
export async function promoteVersion(
  { challenger, policy, movedBy, reason }: PromotionRequest,
  context: CompareContext,
): Promise<{ moved: boolean; decision: string | null }> {
  const registry = new ModelRegistry(context.store.objects);
  const { alias } = policy;
  const holder = await registry.alias(challenger.name, alias);
  const held = holder?.value.version ?? null;
  if (held === challenger.version) return { moved: false, decision: `already ${alias}` };
  const decision =
    held === null ? firstVersion : await gate(challenger, await registry.version(challenger.name, held), policy, context);
  if (!decision) return { moved: false, decision: null };
  if (!decision.promote) return { moved: false, decision: `${alias} stays version ${held}: ${decision.reason}` };
  const move = {
    alias,
    kind: "promote" as const,
    version: challenger.version,
    movedAt: new Date().toISOString(),
    movedBy,
    reason: reason === undefined ? decision.reason : `${reason} (${decision.reason})`,
    ...(decision.comparison ? { comparison: decision.comparison } : {}),
  };
  await registry.moveAlias(challenger.name, move, holder);
  return { moved: true, decision: `now ${alias} (${decision.reason})` };
}

const firstVersion: PromotionDecision = { promote: true, reason: "first version", comparison: null };

function gate(
  challenger: ModelVersion,
  champion: ModelVersion,
  policy: PromotionRequest["policy"],
  context: CompareContext,
): Promise<PromotionDecision | null> | PromotionDecision {
  if (policy.gate === "none") return { promote: true, reason: "no gate", comparison: null };
  return compareVersions({ challenger, champion, policy }, context);
}

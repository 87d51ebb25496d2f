import { whoami } from "../../client/models.ts";
import { RegistrationRefused } from "../../ml/errors.ts";
import { PreconditionFailed } from "../../storage/object-store.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { trainerLog } from "../trainer-log.ts";
import { printJson, withStore } from "../with-convoy.ts";

interface PromoteOptions {
  alias: string;
  gate: "nonInferior" | "superior" | undefined;
  margin: string;
  reason: string | undefined;
}

/** `convoy models promote MODEL`. */
export async function promoteModel(call: Call<{ model: string }, PromoteOptions>): Promise<number> {
  const { alias, gate = "nonInferior", reason } = call.options;
  const margin = Number(call.options.margin);
  if (!(margin >= 0 && margin <= 1)) throw new WrongRequest(`--margin is a share from 0 to 1; received ${call.options.margin}`);
  const answer = await withStore(call, async (link) => {
    const [{ promoteVersion }, { trainerOf }] = await Promise.all([
      import("../../activities/promote-version.ts"),
      import("../../serving/open-predictor.ts"),
    ]);
    const challenger = await link.models.resolve(call.arguments.model);
    const request = {
      challenger,
      policy: { alias, gate, margin },
      movedBy: whoami(),
      ...(reason === undefined ? {} : { reason }),
    };
    const context = { store: link.store, trainer: trainerOf(link), log: trainerLog(call), signal: new AbortController().signal };
    const { moved, decision } = await promoteVersion(request, context).catch((cause: unknown) => {
      if (!(cause instanceof PreconditionFailed)) throw cause;
      throw new RegistrationRefused(`Somebody moved ${alias} of ${challenger.name} at this moment; look at it and decide again`, {
        cause,
      });
    });
    return { name: challenger.name, version: challenger.version, alias, moved, decision };
  });
  if (call.common.json) printJson(call, answer);
  else call.terminal.stdout.write(`${answer.name}:${answer.version}: ${answer.decision}\n`);
  return answer.moved || answer.decision?.startsWith("already") ? exitCodes.done : exitCodes.failed;
}

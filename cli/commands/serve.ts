import type { StoreLink } from "../../client/connect.ts";
import { parseListenAddress } from "../../environment.ts";
import type { Call } from "../define-command.ts";
import { exitCodes } from "../exit-codes.ts";
import { WrongRequest } from "../print-error.ts";
import { trainerLog } from "../trainer-log.ts";
import { printJson, withStore } from "../with-convoy.ts";

type ServeCall = Call<{ model: string }, { address: string }>;

/** `convoy serve MODEL`: answers over HTTP until it is told to stop, and then until everything asked is answered. */
export async function serve(call: ServeCall): Promise<number> {
  const { host, port } = listenAddressOf(call.options.address);
  return withStore(call, async (link) => {
    const token = tokenFor(host, link);
    const [{ serveModel }, { openPredictor }] = await Promise.all([
      import("../../serving/serve-model.ts"),
      import("../../serving/open-predictor.ts"),
    ]);
    const log = trainerLog(call);
    const stopped = untilStopped(call);
    const served = await serveModel({
      resolve: () => link.models.resolve(call.arguments.model),
      open: (version) => openPredictor(version, link, log),
      host,
      port,
      token,
      log,
    });
    const { name, version } = served.version;
    if (call.common.json) printJson(call, { url: served.url, model: name, version });
    else call.terminal.stdout.write(`${name}:${version} answers at ${served.url}/v2/models/${name}\n`);
    await stopped;
    if (!call.common.quiet) call.terminal.stderr.write("Answering what was asked, then ending.\n");
    await served.close();
    return exitCodes.done;
  });
}

/** Resolves at Ctrl-C or SIGTERM; after that a second one ends the process at once. */
function untilStopped({ terminal }: ServeCall): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = terminal.onInterrupt(() => {
      stopListening();
      resolve();
    });
  });
}

function listenAddressOf(address: string): { host: string; port: number } {
  const parsed = parseListenAddress(address);
  if (parsed !== null) return parsed;
  throw new WrongRequest(
    `--address is host:port; received ${JSON.stringify(address)}`,
    "e.g. 127.0.0.1:8080, or port 0 for a free one",
  );
}

/** @throws {WrongRequest} where anybody in the network could ask */
function tokenFor(host: string, { environment }: StoreLink): string | null {
  const token = environment.CONVOY_SERVE_TOKEN ?? null;
  if (token !== null || ["127.0.0.1", "localhost", "::1"].includes(host)) return token;
  throw new WrongRequest(
    `${host} can be reached by others, who then need a token`,
    "set CONVOY_SERVE_TOKEN to a long random text",
  );
}

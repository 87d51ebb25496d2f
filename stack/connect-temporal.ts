import { connect } from "node:net";

import type { ConnectionOptions } from "@temporalio/client";
import { Connection } from "@temporalio/client";

import { oldestServer } from "../temporal.config.ts";
import type { temporalSettings } from "../temporal.connection.ts";
import { isTooOld } from "../temporal.connection.ts";
import { Unavailable } from "./unavailable.ts";

/** The time for a server to answer, and for one that listens, but whose machine is too busy to let it answer. */
const [usualTime, timeWhereBusy] = ["5 seconds", "30 seconds"] as const;
const listeningTimeMs = 2_000;

/**
 * Connects to a Temporal server that has the namespace. Where nobody listens it says so within seconds.
 * @param onWait told when the server takes long
 * @throws {Unavailable} where the server is older than convoy takes
 */
export async function connectTemporal(
  { connectionOptions, namespace }: Awaited<ReturnType<typeof temporalSettings>>,
  onWait: () => void = () => undefined,
): Promise<{ connection: Connection; serverVersion: string }> {
  const connection = await reach(connectionOptions, onWait);
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    if (isTooOld(serverVersion)) {
      throw new Unavailable(
        `The Temporal server at ${connectionOptions.address} is ${serverVersion}; convoy needs ${oldestServer} or newer`,
        "upgrade the server",
      );
    }
    await connection.workflowService.describeNamespace({ namespace });
    return { connection, serverVersion };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function reach(options: ConnectionOptions, onWait: () => void): Promise<Connection> {
  try {
    return await Connection.connect({ ...options, connectTimeout: usualTime });
  } catch (error) {
    if (!(await isListening(options.address))) throw error;
    onWait();
    return Connection.connect({ ...options, connectTimeout: timeWhereBusy });
  }
}

/** @param address host:port, as Temporal takes it */
function isListening(address = ""): Promise<boolean> {
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  if (host === "") return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: listeningTimeMs });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once("connect", () => end(true))
      .once("timeout", () => end(false))
      .once("error", () => end(false));
  });
}

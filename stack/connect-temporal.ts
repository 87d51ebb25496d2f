import { connect } from "node:net";

import type { ConnectionOptions } from "@temporalio/client";
import { Connection } from "@temporalio/client";

/** The time for a server to answer, and for one that listens, but whose machine is too busy to let it answer. */
const [usualTime, timeWhereBusy] = ["5 seconds", "30 seconds"] as const;
const listeningTimeMs = 2_000;

/**
 * Connects to a Temporal server. Where nobody listens it says so within seconds.
 * @param onWait told when the server takes long
 */
export async function connectTemporal(options: ConnectionOptions, onWait: () => void = () => undefined): Promise<Connection> {
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

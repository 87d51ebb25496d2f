import type { Server } from "node:http";
import { createServer } from "node:http";

import { parseListenAddress } from "../environment.ts";

/**
 * Answers `/healthz` (the process turns) and `/readyz` (the worker polls) for a cluster's probes.
 * @param address `host:port`; undefined = no endpoint
 */
export function serveHealth(address: string | undefined, state: () => string): { close(): void } {
  const listen = address === undefined ? null : parseListenAddress(address);
  if (listen === null) return { close: () => undefined };
  const server: Server = createServer((request, response) => {
    const ready = state() === "RUNNING";
    const known = request.url === "/healthz" || request.url === "/readyz";
    const status = !known ? 404 : request.url === "/readyz" && !ready ? 503 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify({ state: state() })}\n`);
  });
  server.listen(listen);
  return { close: () => void server.close() };
}

import type { Server } from "node:http";
import { createServer } from "node:http";

/**
 * Answers `/healthz` (the process turns) and `/readyz` (the worker polls) for a cluster's probes.
 * @param address `host:port`; undefined = no endpoint
 */
export function serveHealth(address: string | undefined, state: () => string): { close(): void } {
  if (address === undefined) return { close: () => undefined };
  const [host, port] = splitAddress(address);
  const server: Server = createServer((request, response) => {
    const ready = state() === "RUNNING";
    const known = request.url === "/healthz" || request.url === "/readyz";
    const status = !known ? 404 : request.url === "/readyz" && !ready ? 503 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify({ state: state() })}\n`);
  });
  server.listen(port, host);
  return { close: () => void server.close() };
}

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon) || "127.0.0.1", Number(address.slice(colon + 1))];
}

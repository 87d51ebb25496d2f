import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const loopback = "127.0.0.1";
const [firstPort, endPort] = [20_000, 30_000];
const attempts = 200;

/** Whether nobody listens on a port of the loopback address. */
export async function isPortFree(port: number): Promise<boolean> {
  return tryListen(port);
}

/** A random port nobody listens on, below the range from which systems take the ports of outgoing connections. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstPort, endPort);
    if (await isPortFree(port)) return port;
  }
  throw new Error(
    `No free port found on ${loopback} between ${firstPort} and ${endPort} in ${attempts} attempts; see \`ss -ltn\``,
  );
}

function tryListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: loopback, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

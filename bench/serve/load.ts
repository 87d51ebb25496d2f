import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface LoadTarget {
  url: string;
  /** One image file each, sent in turn. */
  bodies: readonly Buffer[];
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** So many requests under way at any time: what the server can do. @throws {Error} at the first answer other than 200 */
export async function closedLoad(
  target: LoadTarget,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const delays: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const client = async () => {
    while (performance.now() < until) delays.push(await ask(target, agent, delays.length));
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return resultOf(delays, performance.now() - began);
}

/**
 * Requests at fixed moments, whether the ones before are answered or not; a delay counts from the moment a request was due, so that a slow
 * server cannot hide behind a patient client.
 */
export async function openLoad(
  target: LoadTarget,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const began = performance.now();
  const running: Promise<number>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const dueMs = began + (i * 1000) / perSecond;
    const early = dueMs - performance.now();
    if (early > 0) await sleep(early);
    const lateMs = Math.max(0, performance.now() - dueMs);
    running.push(ask(target, agent, i).then((delay) => delay + lateMs));
  }
  const delays = await Promise.all(running);
  agent.destroy();
  return resultOf(delays, performance.now() - began);
}

function resultOf(delays: number[], elapsedMs: number): LoadResult {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { requests: delays.length, perSecond: (1000 * delays.length) / elapsedMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** @returns milliseconds until the whole answer was there */
function ask({ url, bodies }: LoadTarget, agent: Agent, number: number): Promise<number> {
  const body = bodies[number % bodies.length] ?? Buffer.alloc(0);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "image/png", "content-length": body.length };
    const asked = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`the server answered ${response.statusCode}`));
      });
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

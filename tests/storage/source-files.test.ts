import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SourceFile } from "../../ml/ingest/schema.ts";
import { SourceFiles } from "../../storage/source-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

let stage: TestStage;
let server: Server;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(async () => {
  await stage.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** Serves one file on a free port of the loopback. */
async function serve(listener: RequestListener): Promise<SourceFile> {
  server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { path: "a.gz", sizeBytes: content.length, etag: '"v1"', url: `http://127.0.0.1:${port}/a.gz` };
}

describe("source files at an address", () => {
  test("are fetched once and kept in the store by content", async () => {
    let requests = 0;
    const file = await serve((_request, response) => {
      requests++;
      response.writeHead(200, { etag: '"v1"' }).end(content);
    });
    const files = new SourceFiles([file], stage);

    const [first, second] = await Promise.all([files.localPath("a.gz"), files.localPath("a.gz")]);

    expect(first).toBe(second);
    expect((await readFile(first)).equals(content)).toBe(true);
    expect(requests).toBe(1);
  });

  test("are resumed where the connection broke", async () => {
    const ranges: (string | undefined)[] = [];
    const file = await serve((request, response) => {
      ranges.push(request.headers.range);
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(start > 0 ? 206 : 200, { etag: '"v1"', "content-length": content.length - start });
      if (start > 0) response.end(content.subarray(start));
      else response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 1_000));
    });

    const path = await new SourceFiles([file], stage).localPath("a.gz");

    expect((await readFile(path)).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
  });

  test("are refused where their ETag is no longer the one that was listed", async () => {
    const file = await serve((_request, response) => void response.writeHead(200, { etag: '"v2"' }).end(content));

    await expect(new SourceFiles([file], stage).localPath("a.gz")).rejects.toThrow(
      /has changed since the run began.*"v1", now "v2"/,
    );
  });

  test("are refused where they end early or send more than was announced", async () => {
    let bytes = content.subarray(0, 10);
    const file = await serve((_request, response) => void response.writeHead(200, { etag: '"v1"' }).end(bytes));

    await expect(new SourceFiles([file], stage).localPath("a.gz")).rejects.toThrow(/300000 bytes were announced, 10 received/);
    bytes = Buffer.concat([content, content]);
    await expect(new SourceFiles([file], stage).localPath("a.gz")).rejects.toThrow(/more than the 300000 bytes it announced/);
  });

  test("are fetched by https:// only, except from the machine itself", async () => {
    const file = await serve((_request, response) => void response.end());
    const files = new SourceFiles([{ ...file, url: "http://user:secret@example.org/a.gz" }], stage);

    const refusal = await files.localPath("a.gz").catch((error: unknown) => error);

    expect(String(refusal)).toMatch(/InvalidConfiguration: .*https:\/\/ only/);
    expect(String(refusal)).not.toContain("secret");
  });
});

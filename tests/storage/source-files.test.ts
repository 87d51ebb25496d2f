import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SourceFile } from "../../ml/ingest/schema.ts";
import { sourceManifestSchema } from "../../ml/ingest/schema.ts";
import { S3ObjectStore } from "../../storage/s3-object-store.ts";
import { resolveSource } from "../../storage/resolve-source.ts";
import { SourceFiles } from "../../storage/source-files.ts";
import { uploadSource } from "../../storage/upload-source.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { memoryStore } from "../support/memory-store.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

let stage: TestStage;
let server: Server | null = null;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(async () => {
  await stage.close();
  const served = server;
  server = null;
  served?.closeAllConnections();
  if (served) await new Promise((closed) => served.close(closed));
});

/** Serves one file on a free port of the loopback. */
async function serve(listener: RequestListener): Promise<SourceFile> {
  const opened = createServer(listener);
  server = opened;
  await new Promise<void>((listening) => opened.listen(0, "127.0.0.1", listening));
  const { port } = opened.address() as AddressInfo;
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

describe("source files in a bucket", () => {
  /** A server of one object that breaks each connection after so many bytes. */
  async function bucket(options: { bytesEach: number; etags: string[] }) {
    const asked: { range: string | undefined; etag: string | undefined }[] = [];
    const { url } = await serve((request, response) => {
      const { range } = request.headers;
      const etag = options.etags[asked.length] ?? options.etags.at(-1) ?? "";
      asked.push({ range, etag: request.headers["if-match"] });
      if (request.headers["if-match"] !== etag) return void response.writeHead(412).end();
      const start = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
      const part = content.subarray(start, start + options.bytesEach);
      const headers = { etag, "content-length": content.length - start, "last-modified": new Date(0).toUTCString() };
      const last = content.length - 1;
      if (start === 0) response.writeHead(200, headers);
      else response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${last}/${content.length}` });
      if (start + part.length === content.length) response.end(part);
      else response.write(part, () => setTimeout(() => response.destroy(), 1_000));
    });
    const objects = new S3ObjectStore({
      endpoint: new URL(url ?? "").origin,
      region: "us-east-1",
      bucket: "pictures",
      prefix: "",
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const file = { path: "a.gz", sizeBytes: content.length, etag: '"v1"', url: "s3://pictures/a.gz" };
    const bring = () => new SourceFiles([file], { ...stage, openBucket: () => objects }).localPath("a.gz");
    return { asked, bring, close: () => objects.close() };
  }

  test("are resumed where the connection broke, as often as some bytes came, each time by their ETag", async () => {
    const { asked, bring, close } = await bucket({ bytesEach: 120_000, etags: ['"v1"'] });

    const path = await bring();

    expect((await readFile(path)).equals(content)).toBe(true);
    expect(asked).toEqual([
      { range: undefined, etag: '"v1"' },
      { range: "bytes=120000-", etag: '"v1"' },
      { range: "bytes=240000-", etag: '"v1"' },
    ]);
    close();
  });

  test("are refused where the object changes between two requests, so that no file is made of two", async () => {
    const { bring, close } = await bucket({ bytesEach: 120_000, etags: ['"v1"', '"v2"'] });

    await expect(bring()).rejects.toThrow(/has changed or gone since the run began/);
    close();
  });
});

test("a file that was damaged in the store at equal size is found out when it is read, and sent again by the next run", async () => {
  const store = memoryStore(join(stage.scratchFolder, "cache"));
  const file = join(stage.scratchFolder, "a.gz");
  await writeFile(file, content);
  const send = async () => {
    const ref = await uploadSource(
      await resolveSource("a.gz", stage.scratchFolder, store.openBucket),
      store,
      stage.scratchFolder,
      () => {},
    );
    const { files } = await store.artifacts.getJson(ref, sourceManifestSchema);
    return {
      key: files[0]!.uri!,
      read: () => new SourceFiles(files, { ...stage, artifacts: store.artifacts }).localPath("a.gz"),
    };
  };
  const { key } = await send();
  await store.objects.put(key, content.toReversed());

  await expect((await send()).read()).rejects.toThrow(/a\.gz is not what it was.*start a new run: it sends the file again/);
  const path = await (await send()).read();

  expect((await readFile(path)).equals(content)).toBe(true);
});

describe("sources in a bucket", () => {
  const bucket = new MemoryObjectStore();
  const openBucket = (name: string) => {
    expect(name).toBe("pictures");
    return bucket;
  };
  const listed = async (path: string | string[]) => (await resolveSource(path, "/", openBucket)).remote.map((file) => file.path);
  beforeEach(async () => {
    bucket.objects.clear();
    for (const key of ["set/cats/1.png", "set/dogs/2.png", "set/.hidden", "set/", "set2/3.png", "one.zip"]) {
      await bucket.put(key, Buffer.from(key));
    }
  });
  afterEach(() => bucket.objects.clear());

  test("are all objects below a folder, or the one of that name; what only begins alike is left out", async () => {
    expect(await listed("s3://pictures/set")).toEqual(["cats/1.png", "dogs/2.png"]);
    expect(await listed("s3://pictures/set/")).toEqual(["cats/1.png", "dogs/2.png"]);
    expect(await listed(["s3://pictures/one.zip", "s3://pictures/set2"])).toEqual(["one.zip", "3.png"]);
  });

  test("are fetched as they were when they were listed, and refused when they changed meanwhile", async () => {
    const { remote } = await resolveSource("s3://pictures/set", "/", openBucket);
    const files = new SourceFiles(remote, { ...stage, openBucket });

    expect(await readFile(await files.localPath("cats/1.png"), "utf8")).toBe("set/cats/1.png");

    await bucket.put("set/dogs/2.png", Buffer.from("another"));
    await expect(files.localPath("dogs/2.png")).rejects.toThrow(/s3:\/\/pictures\/set\/dogs\/2\.png has changed or gone/);
  });

  test("may be several, but not with files of one path", async () => {
    await bucket.put("other/cats/1.png", Buffer.from("x"));

    await expect(listed(["s3://pictures/set", "s3://pictures/other"])).rejects.toThrow(
      /several sources that hold "cats\/1\.png"/,
    );
    await expect(listed("s3://pictures/nothing-here")).rejects.toThrow(/holds no files/);
    await expect(listed("s3:///set")).rejects.toThrow(/expected s3:\/\/<bucket>/);
  });
});

import { readFile } from "node:fs/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { readEnvironment } from "../../environment.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { S3ObjectStore, StorageFailed } from "../../storage/s3-object-store.ts";
import { resolveSource } from "../../storage/resolve-source.ts";
import { s3Settings } from "../../storage/s3-settings.ts";
import { SourceFiles } from "../../storage/source-files.ts";
import { testStage } from "../support/stage-context.ts";
import { testObjectStore } from "../support/object-store-contract.ts";
import type { TestS3Server } from "../../bench/own-servers.ts";
import { startS3Server } from "../../bench/own-servers.ts";

let server: TestS3Server;
let store: S3ObjectStore;
let embedded: S3ObjectStore;

beforeAll(async () => {
  server = await startS3Server();
  store = new S3ObjectStore({ ...server.settings, bucket: "contract", prefix: "some/prefix" });
  await store.ensureBucket();
  embedded = new S3ObjectStore({ ...server.settings, bucket: "embedded", embeddedFolder: server.bucketsFolder });
  await embedded.ensureBucket();
});
afterAll(async () => {
  store.close();
  embedded.close();
  await server.close();
});

testObjectStore("versitygw by the AWS SDK", async () => store);
testObjectStore("versitygw whose files lie on this machine", async () => embedded);

test("makes a bucket that is missing, and gives the store one id for all who open it", async () => {
  const settings = { ...server.settings, bucket: "made-here" };

  const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(settings, "/tmp/convoy-unused-cache")));

  expect(new Set(stores.map(({ id }) => id)).size).toBe(1);
  for (const opened of stores) opened.close();
});

test("finds what the embedded server stores as files, without asking it", async () => {
  const ref = await new ArtifactStore(embedded, "/tmp/convoy-unused-cache").put(Buffer.from("stored"), "text/plain");
  const unreachable = {
    ...server.settings,
    endpoint: "http://127.0.0.1:9",
    bucket: "embedded",
    embeddedFolder: server.bucketsFolder,
  };
  const alone = new S3ObjectStore(unreachable);

  const bytes = await new ArtifactStore(alone, "/tmp/convoy-unused-cache").read(ref);

  expect(Buffer.from(bytes).toString()).toBe("stored");
  alone.close();
});

test("refuses wrong credentials naming server, bucket and status, never the secret", async () => {
  const credentials = { accessKeyId: "test-access", secretAccessKey: "wrong-secret-0123456789" };
  const intruder = new S3ObjectStore({ ...server.settings, credentials });

  const failure = await intruder.ensureBucket().catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(StorageFailed);
  expect(failure).toMatchObject({ status: 403, message: expect.stringContaining("bucket=convoy") });
  expect(String((failure as Error).stack)).not.toContain("wrong-secret");
  intruder.close();
});

test("asks for a thousand objects at once without failing for want of a connection", async () => {
  await store.put("asked/often", Buffer.from("as a sweep of a thousand trials does"));

  const found = await Promise.all(Array.from({ length: 1_000 }, () => store.get("asked/often")));

  expect(found).toHaveLength(1_000);
});

test("says in seconds that no server answers", async () => {
  const nowhere = new S3ObjectStore({ ...server.settings, endpoint: "http://127.0.0.1:9" });

  await expect(nowhere.ensureBucket()).rejects.toMatchObject({ name: "StorageFailed", status: undefined });
  nowhere.close();
});

test("reads a source from a bucket of its own, by ETag, with the keys of that server", async () => {
  const bucket = new S3ObjectStore({ ...server.settings, bucket: "pictures" });
  await bucket.ensureBucket();
  await bucket.put("set/cats/1.png", Buffer.from("a cat"));
  await bucket.put("set/dogs/2.png", Buffer.from("a dog"));
  const { endpoint = "", credentials = { accessKeyId: "", secretAccessKey: "" } } = server.settings;
  const environment = readEnvironment({
    ...server.variables,
    S3_BUCKET: "elsewhere",
    S3_SOURCE_ENDPOINT: endpoint,
    S3_SOURCE_ACCESS_KEY_ID: credentials.accessKeyId,
    S3_SOURCE_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  const opened = await openStore(s3Settings(environment), "/tmp/convoy-unused-cache");
  const stage = await testStage();

  const { remote } = await resolveSource("s3://pictures/set", "/", opened.openBucket);
  const files = new SourceFiles(remote, { ...stage, openBucket: opened.openBucket });

  expect(files.paths).toEqual(["cats/1.png", "dogs/2.png"]);
  expect(await readFile(await files.localPath("cats/1.png"), "utf8")).toBe("a cat");
  await bucket.put("set/dogs/2.png", Buffer.from("a wolf"));
  await expect(files.localPath("dogs/2.png")).rejects.toThrow(/has changed or gone since the run began/);
  await expect(resolveSource("s3://not-there/set", "/", opened.openBucket)).rejects.toThrow(
    /s3:\/\/not-there\/set cannot be listed/,
  );
  opened.close();
  bucket.close();
  await stage.close();
});

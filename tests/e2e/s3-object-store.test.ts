import { afterAll, beforeAll, expect, test } from "vitest";

import { openStore } from "../../storage/open-store.ts";
import { S3ObjectStore, StorageFailed } from "../../storage/s3-object-store.ts";
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

test("refuses wrong credentials naming server, bucket and status, never the secret", async () => {
  const credentials = { accessKeyId: "test-access", secretAccessKey: "wrong-secret-0123456789" };
  const intruder = new S3ObjectStore({ ...server.settings, credentials });

  const failure = await intruder.ensureBucket().catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(StorageFailed);
  expect(failure).toMatchObject({ status: 403, message: expect.stringContaining("bucket=convoy") });
  expect(String((failure as Error).stack)).not.toContain("wrong-secret");
  intruder.close();
});

test("says in seconds that no server answers", async () => {
  const nowhere = new S3ObjectStore({ ...server.settings, endpoint: "http://127.0.0.1:9" });

  await expect(nowhere.ensureBucket()).rejects.toMatchObject({ name: "StorageFailed", status: undefined });
  nowhere.close();
});

import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ingest } from "../../activities/ingest.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { ingestParametersSchema, sourceManifestSchema } from "../../ml/ingest/schema.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
let server: Server | undefined;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(async () => {
  await stage.close();
  await closeServer();
});

async function closeServer(): Promise<void> {
  server?.closeAllConnections();
  await new Promise<void>((closed) => (server ? server.close(() => closed()) : closed()));
  server = undefined;
}

/** The manifest of an archive of `count` equal images that only a web server has. */
async function remoteZip(count: number): Promise<ArtifactRef> {
  const png = await sharp(Buffer.from([1, 2, 3]), { raw: { width: 1, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const zip = zipFile(Array.from({ length: count }, (_, i) => ({ name: `set/${i % 2 ? "cat" : "dog"}/${i}.png`, bytes: png })));
  server = createServer((_request, response) => response.writeHead(200, { etag: '"v1"' }).end(zip));
  await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.zip?token=secret`;
  return stage.artifacts.putJson({ formatVersion: 1, files: [{ path: "set.zip", sizeBytes: zip.length, url, etag: '"v1"' }] });
}

const run = (source: ArtifactRef) =>
  ingest({ parameters: { ingest: ingestParametersSchema.parse({}), dataset: {} }, inputs: { source }, seed: 0 }, stage);

test("data fetched from an address is handed on by content, so that it is read again when the address is gone", async () => {
  const first = await run(await remoteZip(4));
  await closeServer();
  const kept = first.outputs?.["source"];
  if (!kept || "parts" in first) throw new Error("the source was not kept");

  const again = await run(kept);

  expect((await stage.artifacts.getJson(kept, sourceManifestSchema)).files).toEqual([
    {
      path: "set.zip",
      sizeBytes: expect.any(Number) as number,
      sha256: expect.any(String) as string,
      uri: expect.any(String) as string,
    },
  ]);
  expect(again.outputs).toEqual({ dataset: first.outputs.dataset });
});

test("the same holds where the work is shared out, and the parts do not fetch it again", async () => {
  const answer = await run(await remoteZip(1025));

  if (!("parts" in answer)) throw new Error("1,025 images are shared out");
  const { files } = JSON.parse(Buffer.from(await stage.artifacts.get(answer.parts[0]!)).toString("utf8")) as { files: object[] };
  expect(answer.outputs).toHaveProperty("source");
  expect(files).toEqual([expect.objectContaining({ path: "set.zip", uri: expect.stringContaining("objects/") as string })]);
});

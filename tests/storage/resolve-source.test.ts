import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { InvalidConfiguration, InvalidData } from "../../ml/errors.ts";
import { resolveSource } from "../../storage/resolve-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-source-"));
  await mkdir(join(folder, "set", "cats"), { recursive: true });
  await writeFile(join(folder, "set", "cats", "1.png"), "x");
  await writeFile(join(folder, "set", ".DS_Store"), "x");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noBucket = () => {
  throw new Error("no bucket was to be opened");
};
const paths = async (path: string | string[]) => (await resolveSource(path, folder, noBucket)).local.map((file) => file.path);

test("lists files below folders, and files named themselves, without hidden ones", async () => {
  await writeFile(join(folder, "more.zip"), "x");

  expect(await paths(["set", "more.zip"])).toEqual(["cats/1.png", "more.zip"]);
});

test.each(["folder", "file"])("refuses a name of a %s that is not UTF-8, which could not be found again", async (kind) => {
  const name = Buffer.concat([Buffer.from(join(folder, "set", "K")), Buffer.from([0xe4]), Buffer.from(".png")]);
  await (kind === "folder" ? mkdir(name) : writeFile(name, "x"));

  await expect(paths("set")).rejects.toThrow(
    /dataset\.path "set" cannot be listed: ENOENT.*K\ufffd\.png'; names must be UTF-8: rename it$/,
  );
});

test("looks into no hidden folder, where links are nobody's data either", async () => {
  await mkdir(join(folder, "set", ".git", "objects"), { recursive: true });
  await writeFile(join(folder, "set", ".git", "objects", "1.png"), "x");
  await symlink("/etc", join(folder, "set", ".git", "link"));

  expect(await paths("set")).toEqual(["cats/1.png"]);
});

test.each([
  { what: "a file", target: "/etc/passwd" },
  { what: "a folder", target: "/etc" },
])("follows no symbolic link to $what out of a folder, nor leaves it out in silence", async ({ target }) => {
  await symlink(target, join(folder, "set", "cats", "link.png"));

  const refusal = await paths("set").catch((error: unknown) => error);

  expect(refusal).toBeInstanceOf(InvalidData);
  expect((refusal as Error).message).toMatch(/symbolic links.*cats\/link\.png/);
});

test("takes a folder that is a link itself: whoever names it means it", async () => {
  await symlink(join(folder, "set"), join(folder, "latest"));

  expect(await paths("latest")).toEqual(["cats/1.png"]);
});

test.each([
  "https://me:pa55word@example.org/set.zip",
  "https://example.org/set.zip?X-Amz-Signature=pa55word",
  "s3://me:pa55word@set",
])("refuses %s before it gets into a list that is kept, and does not repeat its secret", async (address) => {
  const refusal = await paths(["set", address]).catch((error: unknown) => error);

  expect(refusal).toBeInstanceOf(InvalidConfiguration);
  expect((refusal as Error).message).toMatch(/^dataset\.path (https|s3):\/\/.*\*\*\*.*S3_SOURCE_ENDPOINT/);
  expect((refusal as Error).message).not.toContain("pa55word");
});

describe("an address", () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function serve(headers: Record<string, string>): Promise<string> {
    const server = createServer((_request, response) => response.writeHead(200, headers).end()).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("whose answer has no Content-Length is refused, for its size is not known", async () => {
    const address = await serve({ etag: '"v1"', "transfer-encoding": "chunked" });

    await expect(paths(`${address}/set.zip`)).rejects.toThrow("gives no size");
  });

  test("is kept by a name that people can read, or as it stands where it cannot be decoded", async () => {
    const address = await serve({ etag: '"v1"', "content-length": "12" });

    const { remote } = await resolveSource([`${address}/my%20set.zip`, `${address}/100%.zip`], folder, noBucket);

    expect(remote.map(({ path, sizeBytes }) => ({ path, sizeBytes }))).toEqual([
      { path: "my set.zip", sizeBytes: 12 },
      { path: "100%.zip", sizeBytes: 12 },
    ]);
  });
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

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

import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import {
  prepareStateFolder,
  readJsonFile,
  s3Keys,
  stackPaths,
  stackSettingsSchema,
  writeJsonFile,
} from "../../stack/stack-files.ts";
import { resetStack, stopStack } from "../../stack/stop-stack.ts";
import { inFolder } from "./in-folder.ts";

const settings = { formatVersion: 1 as const, ports: { s3: 20_001 } };

test("replaces a file at once and leaves no other behind", () =>
  inFolder(async (folder) => {
    const path = join(folder, "stack.json");
    writeJsonFile(path, { formatVersion: 1, ports: {} });
    writeJsonFile(path, settings);

    expect(readJsonFile(path, stackSettingsSchema)).toEqual(settings);
    expect(readdirSync(folder)).toEqual(["stack.json"]);
  }));

test.each(["", "{", '{"formatVersion":2,"ports":{}}', '{"formatVersion":1,"ports":{"s3":70000}}'])(
  "takes a file that cannot be what it was as absent: %s",
  (text) =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "stack.json"), text);

      expect(readJsonFile(join(folder, "stack.json"), stackSettingsSchema)).toBeUndefined();
    }),
);

test("makes the keys of the S3 server once, for this user's eyes only", () =>
  inFolder(async (folder) => {
    const keys = s3Keys(folder);
    const path = stackPaths(folder).keys;
    chmodSync(path, 0o644);

    expect(s3Keys(folder)).toEqual(keys);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keys.secretAccessKey.length).toBeGreaterThanOrEqual(40);
  }));

test("deletes the state folder it made, with all in it", () =>
  inFolder(async (folder) => {
    const state = join(folder, "default");
    prepareStateFolder(state);
    writeFileSync(stackPaths(state).database, "runs");

    expect(await resetStack(state)).toBe(true);
    expect(existsSync(state)).toBe(false);
    expect([await resetStack(state), await stopStack(state)]).toEqual([false, []]);
  }));

test("deletes no folder that it did not make, whatever stands in it later", () =>
  inFolder(async (folder) => {
    const state = join(folder, "documents");
    mkdirSync(state);
    writeFileSync(join(state, "thesis.tex"), "years of work");
    prepareStateFolder(state);

    await expect(resetStack(state)).rejects.toThrow(`${state} was not made by convoy`);
    expect(existsSync(join(state, "thesis.tex"))).toBe(true);
  }));

test.skipIf(process.getuid?.() === 0)("says which folder cannot be written, and what to set", () =>
  inFolder(async (folder) => {
    chmodSync(folder, 0o500);

    expect(() => prepareStateFolder(join(folder, "default"))).toThrow("cannot be written (EACCES)");
    chmodSync(folder, 0o700);
  }),
);

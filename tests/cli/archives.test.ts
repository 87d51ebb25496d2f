import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { aDoneRecord, aView, FakeConvoy } from "../support/fake-convoy.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-archives-"));
  process.env["XDG_CACHE_HOME"] = folder; // recent run ids are kept there
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const convoy = () => new FakeConvoy([aView(aDoneRecord())]);
const inFolder = () => testTerminal({ folder });

test("`export` prints the file, by default named by the run, and says what is missing in it", async () => {
  const plain = await runCommand(["export", "latest"], { convoy: convoy(), terminal: inFolder() });
  const named = await runCommand(["export", "latest", "--out", "a.tgz", "--json"], { convoy: convoy(), terminal: inFolder() });

  expect([plain.code, plain.stdout]).toEqual([0, "convoy-0j3k7abc.tar.gz\n"]);
  expect(plain.stderr).toContain("42 members, 12.3 MB");
  expect(JSON.parse(named.stdout)).toMatchObject({ runId: "0j3k7abc", file: join(folder, "a.tgz"), missing: [] });
});

test("`import` prints the run's id alone, and says what its model is here", async () => {
  const { code, stdout, stderr } = await runCommand(["import", "a.tgz"], { convoy: convoy(), terminal: inFolder() });

  expect([code, stdout]).toEqual([0, "0j3k7abc\n"]);
  expect(stderr).toContain("its model is digits version 1 here");
});

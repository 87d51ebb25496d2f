import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { inFolder, repository } from "./import-local.ts";

const launcher = join(repository, "convoy");

test("runs through relative and absolute links, from any folder", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "bin"));
    symlinkSync(launcher, join(folder, "absolute"));
    symlinkSync("../absolute", join(folder, "bin", "convoy"));

    const { status, stdout } = spawnSync(join(folder, "bin", "convoy"), ["--version"], { cwd: folder, encoding: "utf8" });

    expect([status, stdout.trim()]).toEqual([0, "0.1.0"]);
  }));

test("says what it needs where there is no node, and exits 3", () =>
  inFolder(async (folder) => {
    for (const tool of ["dirname", "readlink"]) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));

    const { status, stderr } = spawnSync("/bin/sh", [launcher, "--help"], { env: { PATH: folder }, encoding: "utf8" });

    expect(status).toBe(3);
    expect(stderr).toContain("error: convoy needs Node.js 20.9 or newer, and there is no `node` on the PATH.");
  }));

test("refuses a node that is too old, naming both versions", () =>
  inFolder(async (folder) => {
    const node = join(folder, "node");
    const pretend =
      "Object.defineProperty(process.versions, 'node', { value: '18.19.0' }); Object.defineProperty(process, 'version', { value: 'v18.19.0' });";
    writeFileSync(join(folder, "old.cjs"), pretend);
    writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} --require ${join(folder, "old.cjs")} "$@"\n`);
    chmodSync(node, 0o755);

    const { status, stderr } = spawnSync(launcher, ["--help"], { env: { PATH: `${folder}:/usr/bin:/bin` }, encoding: "utf8" });

    expect([status, stderr]).toEqual([
      3,
      "error: convoy needs Node.js 20.9 or newer; this is v18.19.0.\n\nhint: https://nodejs.org/en/download\n",
    ]);
  }));

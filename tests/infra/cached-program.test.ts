import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test, vi } from "vitest";

import type { CacheModule } from "./import-local.ts";
import { importInfra, inFolder, namesIn } from "./import-local.ts";

const { installOnce, installedManifest } = await importInfra<CacheModule>("cached-program.mjs");

function inCache(work: (cache: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => {
    vi.stubEnv("XDG_CACHE_HOME", folder);
    return work(join(folder, "convoy"));
  });
}

async function makeProgram(folder: string): Promise<object> {
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "program"), "0123456789");
  return { source: "test" };
}

test("makes a program once for all who ask at the same time, and then finds it", () =>
  inCache(async (cache) => {
    let made = 0;
    const make = async (folder: string) => {
      made++;
      await sleep(50);
      return makeProgram(folder);
    };

    const folders = await Promise.all([installOnce("tool-1", make), installOnce("tool-1", make)]);

    expect([...folders, await installOnce("tool-1", make)]).toEqual(Array.from({ length: 3 }, () => join(cache, "tool-1")));
    expect(made).toBe(1);
    expect(installedManifest(join(cache, "tool-1"))).toEqual({ source: "test", files: { "bin/program": 10 } });
    expect(namesIn(cache)).toEqual(["tool-1"]);
  }));

test("leaves nothing visible when making fails, and tries again the next time", () =>
  inCache(async (cache) => {
    const fail = async (folder: string) => {
      await makeProgram(folder);
      throw new Error("no network");
    };

    await expect(installOnce("tool-1", fail)).rejects.toThrow("no network");
    expect(namesIn(cache)).toEqual([]);
    await installOnce("tool-1", makeProgram);

    expect(namesIn(cache)).toEqual(["tool-1"]);
  }));

test("makes a program again that a power cut left with an empty file, and clears what a killed process left", () =>
  inCache(async (cache) => {
    await installOnce("tool-1", makeProgram);
    truncateSync(join(cache, "tool-1", "bin", "program"));
    mkdirSync(join(cache, ".tool-1.part-1"));

    expect(installedManifest(join(cache, "tool-1"))).toBeUndefined();
    await installOnce("tool-1", makeProgram);

    expect(installedManifest(join(cache, "tool-1"))?.files).toEqual({ "bin/program": 10 });
    expect(namesIn(cache)).toEqual(["tool-1"]);
  }));

test("keeps versions apart", () =>
  inCache(async (cache) => {
    await installOnce("tool-1", makeProgram);
    await installOnce("tool-2", makeProgram);

    expect(namesIn(cache)).toEqual(["tool-1", "tool-2"]);
  }));

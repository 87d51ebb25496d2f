import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { importInfra, inFolder } from "./import-local.ts";

const { linkMissedLibraries, missingLibraries, tryAddon } = await importInfra<{
  linkMissedLibraries: (libraries: string) => void;
  missingLibraries: (log: string) => string[];
  tryAddon: (folder: string) => Promise<{ works: boolean; usesCard: boolean; missing: string[]; output: string }>;
}>("graphics-card.mjs");

test("puts cuSOLVER where TensorFlow's run path looks", () =>
  inFolder(async (folder) => {
    const [solver, blas] = ["cusolver", "cublas"].map((name) => join(folder, "nvidia", name, "lib")) as [string, string];
    for (const path of [solver, blas]) mkdirSync(path, { recursive: true });
    writeFileSync(join(solver, "libcusolver.so.11"), "");
    writeFileSync(join(solver, "libcusolverMg.so.11"), "");

    linkMissedLibraries(folder);

    expect(realpathSync(join(blas, "libcusolver.so.11"))).toBe(realpathSync(join(solver, "libcusolver.so.11")));
  }));

test("reads from TensorFlow's log which libraries were not found", () => {
  const log = `I0000 dso_loader.cc:133] Successfully opened dynamic library libcufft.so.11
I0000 dso_loader.cc:144] Could not load dynamic library 'libcusolver.so.11'; dlerror: libcusolver.so.11: cannot open shared object file`;

  expect(missingLibraries(log)).toEqual(["libcusolver.so.11"]);
});

test.each([true, false])("asks an addon in a process of its own what computes: a card %j", (isUsingGpuDevice) =>
  inFolder(async (folder) => {
    const addon = `exports.add = () => ({ dataSync: () => [2] }); exports.backend = () => ({ isUsingGpuDevice: ${isUsingGpuDevice} });`;
    writeFileSync(join(folder, "index.js"), addon);

    expect(await tryAddon(folder)).toMatchObject({ works: true, usesCard: isUsingGpuDevice, missing: [] });
  }),
);

test("hears of an addon that does not load", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "index.js"), 'throw new Error("libtensorflow.so.2: no such file");');

    const { works, output } = await tryAddon(folder);

    expect(works).toBe(false);
    expect(output).toContain("libtensorflow.so.2: no such file");
  }));

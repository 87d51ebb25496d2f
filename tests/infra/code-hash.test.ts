import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import type { CodeHashModule } from "./import-local.ts";
import { importInfra, inFolder } from "./import-local.ts";

const { codeHash } = await importInfra<CodeHashModule>("code-hash.mjs");

const lock = {
  packages: {
    "": {},
    "node_modules/sharp": { version: "1.0.0", dependencies: { color: "1" }, optionalDependencies: { "@img/linux": "1" } },
    "node_modules/color": { version: "5.0.0" },
    "node_modules/sharp/node_modules/color": { version: "2.0.0" },
    "node_modules/@img/linux": { version: "3.0.0" },
    "node_modules/unused": { version: "1.0.0" },
  },
};

const sources = {
  "activities/split.js": 'import { split } from "../ml/split.js";\nimport sharp from "sharp";\n',
  "ml/split.js": 'export { shuffle } from "./random.js";\nconst lazy = () => import("./lazy.js");\n',
  "ml/random.js": "export const shuffle = 1;\n",
  "ml/lazy.js": 'const worker = new URL("./thread.js", import.meta.url);\n',
  "ml/thread.js": "export {};\n",
  "ml/other.js": "export {};\n",
};

function hashOf(changes: Record<string, string> = {}, packages: Record<string, object> = {}): Promise<string> {
  return inFolder(async (folder) => {
    for (const [file, code] of Object.entries({ ...sources, ...changes })) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    return codeHash(folder, ["activities/split.js"], { packages: { ...lock.packages, ...packages } });
  });
}

test("is equal for equal code in another folder", async () => {
  expect(await hashOf()).toBe(await hashOf());
  expect(await hashOf()).toMatch(/^[0-9a-f]{64}$/);
});

test.each(["ml/split.js", "ml/random.js", "ml/lazy.js", "ml/thread.js"])(
  "changes with %s, which the stage can execute",
  async (file) => {
    expect(await hashOf({ [file]: `${sources[file as keyof typeof sources]}export const more = 1;\n` })).not.toBe(await hashOf());
  },
);

test("does not change with a file that the stage cannot reach", async () => {
  expect(await hashOf({ "ml/other.js": "export const changed = 1;\n" })).toBe(await hashOf());
});

test.each(["node_modules/sharp", "node_modules/sharp/node_modules/color", "node_modules/@img/linux"])(
  "changes with the locked version of %s",
  async (path) => {
    const entry = lock.packages[path as keyof typeof lock.packages];
    expect(await hashOf({}, { [path]: { ...entry, version: "9.9.9" } })).not.toBe(await hashOf());
  },
);

test.each(["node_modules/unused", "node_modules/color"])(
  "does not change with %s, which this stage does not load",
  async (path) => {
    expect(await hashOf({}, { [path]: { version: "9.9.9" } })).toBe(await hashOf());
  },
);

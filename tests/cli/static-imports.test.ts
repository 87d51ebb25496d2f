import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

/** Packages, and own files, that loading a module loads at once: its static imports of values, followed to the end. */
function staticClosure(entry: string): { packages: Set<string>; files: Set<string> } {
  const packages = new Set<string>();
  const files = new Set<string>();
  const waiting = [resolve(entry)];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, typeOnly, name = ""] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export) (type )?(?:[^"';]*? from )?"([^"]+)"/gm,
    )) {
      if (typeOnly) continue;
      if (name.startsWith(".")) waiting.push(resolve(dirname(file), name));
      else packages.add(name);
    }
  }
  return { packages, files };
}

test("starting the command line loads nothing heavy: `--help` answers before anything else is read", () => {
  const { packages, files } = staticClosure(fileURLToPath(new URL("../../cli/main.ts", import.meta.url)));

  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual(["commander", "picocolors"]);
  expect([...files].filter((file) => !existsSync(file))).toEqual([]);
  expect(files.size).toBeGreaterThan(5);
});

test("completing a word loads no client either", () => {
  const { packages } = staticClosure(fileURLToPath(new URL("../../cli/complete.ts", import.meta.url)));

  expect([...packages].filter((name) => /temporalio|aws-sdk|tensorflow|^zod$|^yaml$/.test(name))).toEqual([]);
});

test("only main.ts ends the process or looks at its environment", () => {
  const folder = fileURLToPath(new URL("../../cli", import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && name !== "main.ts",
  );

  const guilty = sources.filter((name) =>
    /process\.(?:exit|env|stdout|stderr|argv)\b/.test(readFileSync(resolve(folder, name), "utf8")),
  );

  expect(sources.length).toBeGreaterThan(20);
  expect(guilty).toEqual([]);
});

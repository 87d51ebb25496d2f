import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { gpuStages, seededStages, stages } from "../../ml/stages.ts";

describe("the house", () => {
  test.each(stages)("has a room in ml/, an activity and tests for the stage %s", (stage) => {
    const places = [`ml/${stage}`, `activities/${stage}.ts`, `tests/ml/${stage}`];

    expect(places.filter((place) => !existsSync(place))).toEqual([]);
  });

  test("names gpu and seeded stages among the ten", () => {
    expect(stages).toHaveLength(10);
    expect(stages).toEqual(expect.arrayContaining([...gpuStages, ...seededStages]));
  });

  test("loads sharp in sharp.ts alone, by the door that Node 20.9 can open", () => {
    const sources = execFileSync("git", ["ls-files", "*.ts", ":!tests/"]).toString().trim().split("\n");
    const importing = sources.filter((path) => /^import (?!type ).*from "sharp";$/m.test(readFileSync(path, "utf8")));

    expect(sources).toContain("sharp.ts");
    expect(importing).toEqual([]);
  });
});

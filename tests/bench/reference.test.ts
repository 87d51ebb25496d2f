import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { projectFolder } from "../../bench/convoy-process.ts";
import { findReferenceCase, referenceArguments, referenceCases } from "../../bench/reference/cases.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";

test.each(referenceCases)("$name is a pipeline file that takes its settings", async (found) => {
  const [, file = "", ...options] = referenceArguments(found, "/data");
  const set = options.filter((option) => option !== "--set");

  const { pipeline } = await loadPipelineFile(file, { folder: projectFolder, set });

  expect(existsSync(join(projectFolder, file))).toBe(true);
  expect(pipeline.dataset.path).toBe(`/data/${found.folder}`);
});

test("lets a later setting win over the case's own", () => {
  const found = findReferenceCase("chest-xray");

  expect(found && referenceArguments(found, "/data", ["ingest.height=64"]).at(-1)).toBe("ingest.height=64");
});

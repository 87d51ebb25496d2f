import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { loadPipelineFile } from "../../client/pipeline-file.ts";

const folder = fileURLToPath(new URL("../../pipelines", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

test.each(files)("pipelines/%s is right, and named like its file", async (file) => {
  const { pipeline } = await loadPipelineFile(file, { folder });

  expect(pipeline.name).toBe(file.replace(".yaml", ""));
});

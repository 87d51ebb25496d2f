import { fileURLToPath } from "node:url";

import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";
import { expect, test } from "vitest";

test("workflows bundle without Node built-ins, activities, schemas or TensorFlow", async () => {
  const workflowsPath = fileURLToPath(new URL("../../workflows/index.ts", import.meta.url));

  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("ERROR") });

  expect(code).toContain("trainModel");
  for (const foreign of ["node_modules/zod/", "@tensorflow/tfjs", "@aws-sdk/client-s3", "node_modules/sharp/"])
    expect(code).not.toContain(foreign);
});

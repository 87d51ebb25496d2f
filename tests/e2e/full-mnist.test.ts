import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoyJson, projectFolder } from "../../bench/convoy-process.ts";

const fullSet = join(projectFolder, "../shared/data/mnist");

describe.skipIf(!existsSync(fullSet))("the full MNIST set (skipped, because ../shared/data/mnist is absent, where it is)", () => {
  test("trains to the published accuracy of epoch 5, from the given parts", async () => {
    const outcome = await convoyJson<RunOutcome>(["run", "pipelines/mnist.yaml", "--set", `dataset.path=${fullSet}`]);

    expect(outcome.metrics.train.accuracy).toBeGreaterThan(0.923);
    expect(outcome.metrics.train.accuracy).toBeLessThan(0.929);
    expect(outcome.metrics.validation).toBeNull();
    expect(outcome.metrics.test.accuracy).toBeGreaterThan(0.92);
  });

  test("is fetched by address as well, and is the same data set then", async () => {
    const server = createServer((request, response) => {
      const file = join(fullSet, new URL(request.url ?? "/", "http://x").pathname);
      if (!existsSync(file)) return void response.writeHead(404).end();
      const bytes = readFileSync(file);
      response.writeHead(200, { "content-length": bytes.length, etag: `"${bytes.length}"` });
      response.end(request.method === "HEAD" ? undefined : bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      const outcome = await convoyJson<RunOutcome>([
        "run",
        "pipelines/mnist.yaml",
        "--set",
        `dataset.path=http://127.0.0.1:${port}/`,
      ]);
      const shown = await convoyJson<{ record: { stages: { name: string; status: string }[] } }>(["show", outcome.runId]);

      expect(outcome.stages.find(({ name }) => name === "ingest")?.status).toBe("ran");
      // The same images, however they came: what follows from them is there already.
      expect(new Set(shown.record.stages.filter(({ name }) => name !== "ingest").map(({ status }) => status))).toEqual(
        new Set(["reused"]),
      );
    } finally {
      server.close();
    }
  });
});

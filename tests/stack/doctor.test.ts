import { createServer } from "node:net";
import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import type { Environment } from "../../environment.ts";
import { readEnvironment } from "../../environment.ts";
import { checkGraphicsCard, diagnose } from "../../stack/doctor.ts";
import { unanswered, type HealthCheck } from "../../stack/health-check.ts";
import { isOwnMistake } from "../../stack/own-mistake.ts";
import { PortBook } from "../../stack/port-book.ts";
import { prepareStateFolder } from "../../stack/stack-files.ts";
import { inFolder } from "./in-folder.ts";

function environmentIn(folder: string, variables: Record<string, string> = {}): Environment {
  return readEnvironment({
    XDG_DATA_HOME: folder,
    CONVOY_PROFILE: "doctor",
    TEMPORAL_ADDRESS: "",
    S3_ENDPOINT: "",
    ...variables,
  });
}

async function checksIn(environment: Environment): Promise<Record<string, HealthCheck>> {
  return Object.fromEntries((await diagnose(environment)).map((check) => [check.name, check]));
}

test("looks at everything, starts nothing and makes no state folder", () =>
  inFolder(async (folder) => {
    const environment = environmentIn(folder);

    const checks = await diagnose(environment);

    expect(checks.map(({ name }) => name)).toEqual([
      "node",
      "platform",
      "packages",
      "build",
      "tensorflow",
      "temporal",
      "s3",
      "disk (state)",
      "disk (cache)",
      "ports",
      "stack",
    ]);
    expect(checks.filter(({ status, hint }) => (status === "ok") !== (hint === null))).toEqual([]);
    expect(existsSync(environment.stateFolder)).toBe(false);
  }));

test("names the CUDA libraries that TensorFlow did not find, where it looked, and what brings them", () => {
  const { status, message, hint } = checkGraphicsCard({
    usesCard: false,
    missing: ["libcudnn.so.9"],
    folder: "/cache/tensorflow",
  });

  expect(status).toBe("warning");
  expect(message).toMatch(
    /libcudnn\.so\.9 of CUDA 12 and cuDNN 9 not found, neither in \/cache\/tensorflow\/nvidia\/\*\/lib nor/,
  );
  expect(hint).toMatch(/^rm -r \/cache\/tensorflow && .*install.*nvidia-\*-cu12/);
});

test.each([
  { usesCard: true, status: "ok", hint: null },
  { usesCard: false, status: "warning", hint: "nvidia-smi; CUDA 12 takes driver 525 or newer" },
])("looks at the driver where all libraries are there and the card is not used: $usesCard", ({ usesCard, status, hint }) => {
  expect(checkGraphicsCard({ usesCard, missing: [], folder: "/cache" })).toMatchObject({ status, hint });
});

test("says which configured server does not answer, and what to check", () =>
  inFolder(async (folder) => {
    const credentials = { AWS_ACCESS_KEY_ID: "someone", AWS_SECRET_ACCESS_KEY: "secret-of-someone" };

    const { s3 } = await checksIn(environmentIn(folder, { S3_ENDPOINT: "http://127.0.0.1:1", ...credentials }));

    expect(s3).toMatchObject({ status: "problem", hint: "check S3_ENDPOINT, S3_BUCKET and the AWS credentials" });
    expect(s3?.message).toContain("endpoint=http://127.0.0.1:1");
    expect(JSON.stringify(s3)).not.toContain("secret-of-someone");
  }));

test("says which setting of Temporal's is no address", () =>
  inFolder(async (folder) => {
    const { temporal } = await checksIn(environmentIn(folder, { TEMPORAL_ADDRESS: "http://here:1:2" }));

    expect(temporal).toMatchObject({ status: "problem", hint: "start it, or check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE" });
    expect(temporal?.message).toContain("Invalid address");
  }));

test("tells a server that does not answer from a mistake of convoy's own", () => {
  const nothing: { connect(): void }[] = [];
  const failedBy = (error: unknown) => unanswered("temporal", { where: "here", error, hint: "start it" });

  expect(failedBy(new Error("Failed to connect"))).toMatchObject({ message: "here: Failed to connect", hint: "start it" });
  const mistake = failedBy(errorOf(() => nothing[0]!.connect()));
  expect(mistake).toMatchObject({ status: "problem", hint: "report it, with all of this" });
  expect(mistake.message).toMatch(
    /^here: not asked, by a mistake of convoy's own: TypeError: Cannot read properties of undefined/,
  );
});

test.each([
  ["what Node refuses", () => new URL("no address"), false],
  ["an array of fewer values than none", () => new Uint8Array(-1), true],
  ["text that is no JSON", () => JSON.parse("{") as unknown, false],
])("tells mistakes of convoy's own by who threw them: %s", (_, run, isOwn) => {
  expect(isOwnMistake(errorOf(run))).toBe(isOwn);
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("names ports of a stopped stack that another program has taken", () =>
  inFolder(async (folder) => {
    const environment = environmentIn(folder);
    prepareStateFolder(environment.stateFolder);
    const port = await new PortBook(environment.stateFolder, () => undefined).claim("s3");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));

    try {
      expect((await checksIn(environment))["ports"]).toMatchObject({
        status: "warning",
        message: `taken by another program: s3 ${port}`,
      });
    } finally {
      other.close();
    }
  }));

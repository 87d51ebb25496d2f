import { isAbsolute } from "node:path";

import { expect, test } from "vitest";

import { parseListenAddress, readEnvironment } from "../environment.ts";
import { isTooOld } from "../temporal.connection.ts";

test("says which variable is wrong, what was received and what is expected, all at once", () => {
  expect(() => readEnvironment({ CONVOY_THREADS: "many", CONVOY_TENSORFLOW: "tpu" })).toThrow(
    /CONVOY_THREADS: .*received "many".*CONVOY_TENSORFLOW: .*received "tpu"/s,
  );
});

test.each([
  ["1.27.9", true],
  ["1.28.0", false],
  ["1.30.0-rc.1", false],
  ["2.0.0", false],
  ["", true],
])("a Temporal server of version %s is too old: %s", (version, expected) => {
  expect(isTooOld(version)).toBe(expected);
});

test("takes an empty variable for an absent one", () => {
  expect(readEnvironment({ S3_ENDPOINT: "", CONVOY_PROFILE: "" })).not.toHaveProperty("S3_ENDPOINT");
});

test("keeps state apart by profile", () => {
  expect(readEnvironment({ XDG_DATA_HOME: "/data", CONVOY_PROFILE: "lab" }).stateFolder).toBe("/data/convoy/lab");
});

test("ignores a relative XDG folder, which would be another one for each process that is started elsewhere", () => {
  const { cacheFolder, stateFolder } = readEnvironment({ XDG_CACHE_HOME: "cache", XDG_DATA_HOME: "./data" });

  expect([cacheFolder, stateFolder].every((folder) => isAbsolute(folder))).toBe(true);
});

test("takes addresses to listen at with their port, an IPv6 one in brackets", () => {
  expect(readEnvironment({ CONVOY_HEALTH_ADDRESS: "[::1]:8080" }).CONVOY_HEALTH_ADDRESS).toBe("[::1]:8080");
  expect(parseListenAddress("[::1]:8080")).toEqual({ host: "::1", port: 8080 });
  expect(parseListenAddress("0.0.0.0:9464")).toEqual({ host: "0.0.0.0", port: 9464 });
  for (const wrong of ["8080", "localhost", "::1:8080", "host:99999"])
    expect(() => readEnvironment({ CONVOY_METRICS_ADDRESS: wrong })).toThrow(/CONVOY_METRICS_ADDRESS: host:port/);
});

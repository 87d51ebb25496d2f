import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { convoy } from "../../bench/convoy-process.ts";
import { findStackProcesses, stopProcesses } from "../../stack/process-identity.ts";
import { readLiveState } from "../../stack/stack-state.ts";

const folder = mkdtempSync(join(tmpdir(), "convoy-full-disk-"));

/** Only root may mount; elsewhere this is skipped. */
function mountSmallDisk(megabytes: number): string | undefined {
  const disk = join(folder, `disk-${megabytes}`);
  spawnSync("mkdir", [disk]);
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]).status === 0 ? disk : undefined;
}

const small = mountSmallDisk(50);
const larger = mountSmallDisk(100);

afterAll(async () => {
  for (const disk of [small, larger]) {
    if (disk === undefined) continue;
    await stopProcesses(findStackProcesses(join(disk, "convoy", "default")), 5_000);
    spawnSync("umount", ["--lazy", disk]); // a killed process may hold it for another moment
  }
  rmSync(folder, { recursive: true, force: true });
});

function command(disk: string, args: string[]) {
  return convoy(args, { env: { XDG_DATA_HOME: disk, CONVOY_PROFILE: "default", CONVOY_LOCAL_WORKERS: "never" } });
}

test.skipIf(small === undefined)(
  "refuses to start on a disk with 50 MB, saying how much is free and what to set [needs the right to mount]",
  async () => {
    const { code, stderr } = await command(small!, ["up"]);

    expect(code).toBe(3);
    expect(stderr).toMatch(/The disk of .* is full: \d+ MB free, the servers need at least \d+ MB/);
    expect(stderr).toMatch(/hint: df -h .*; free some space, or set XDG_DATA_HOME/);
  },
);

test.skipIf(larger === undefined)(
  "keeps running when the disk fills up, doctor names it, and it can be stopped and started once there is room [needs the right to mount]",
  async () => {
    const stateFolder = join(larger!, "convoy", "default");
    expect(await command(larger!, ["up"])).toMatchObject({ code: 0 });
    const ballast = join(larger!, "ballast");
    const { stderr } = spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=64k"], { encoding: "utf8" });
    expect(stderr).toContain("No space left on device");

    const doctor = await command(larger!, ["doctor", "--json"]);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string; message: string }[] };
    expect(checks.find(({ name }) => name === "disk (state)")).toMatchObject({ status: "problem" });
    expect(readLiveState(stateFolder)?.status).toBe("running");
    expect(await command(larger!, ["down"])).toMatchObject({ code: 0 });
    expect(await command(larger!, ["up"])).toMatchObject({ code: 3, stderr: expect.stringContaining("is full") });

    rmSync(ballast);
    expect(await command(larger!, ["up"])).toMatchObject({ code: 0 });
    expect(readLiveState(stateFolder)?.status).toBe("running");
  },
);

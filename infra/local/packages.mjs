import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { isClone, root } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";

/** The npm packages of package-lock.json. An installed convoy package got them from its installer, and is always ready. */
export const packages = {
  title: "npm packages",
  isReady: arePackagesReady,
  async install({ report }) {
    report("installing");
    await withLock(join(root, ".packages.lock"), installPackages, {
      onWait: (pid) => report(`waiting for process ${pid}, which installs them`),
    });
    return {};
  },
};

export function arePackagesReady() {
  if (!isClone()) return true;
  try {
    return readFileSync(markPath(), "utf8") === lockHash();
  } catch {
    return false; // never installed by us
  }
}

async function installPackages() {
  if (arePackagesReady()) return; // done while we waited
  const hash = lockHash();
  const { code, output } = await runProgram("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root });
  if (code !== 0 || !existsSync(join(root, "node_modules"))) {
    throw new InstallError({ component: packages.title, problem: "npm ci failed.", output, mend: "npm ci --ignore-scripts" });
  }
  writeFileSync(`${markPath()}.part`, hash);
  renameSync(`${markPath()}.part`, markPath());
}

/** npm ci removes node_modules first, and this mark with it: an installation that was cut short leaves none. */
function markPath() {
  return join(root, "node_modules", ".convoy-installed");
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

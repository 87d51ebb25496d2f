import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
    await withLock(join(root, "dist", ".packages.lock"), installPackages, {
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
  rmSync(markPath(), { force: true });
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const isFresh = !existsSync(join(root, "node_modules", ".package-lock.json"));
  let result = { code: 1, output: "" };
  if (isFresh) result = await runProgram("npm", ["ci", ...options], { cwd: root });
  // A lock file made behind a registry that lacks packages for other platforms is refused by `npm ci` and honored by `npm install`.
  if (!isFresh || result.output.includes("from lock file")) {
    result = await runProgram("npm", ["install", "--no-save", "--package-lock=true", ...options], { cwd: root });
  }
  if (result.code !== 0) {
    const output = result.output.split("\n").slice(0, 15).join("\n"); // npm says what is wrong first, and then how it is called
    throw new InstallError({
      component: packages.title,
      problem: "npm could not install them.",
      output,
      mend: "npm ci --ignore-scripts",
    });
  }
  writeFileSync(`${markPath()}.part`, hash);
  renameSync(`${markPath()}.part`, markPath());
}

/** Written last, and away from the start of an installation on: one that was cut short leaves none. */
function markPath() {
  return join(root, "node_modules", ".convoy-installed");
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

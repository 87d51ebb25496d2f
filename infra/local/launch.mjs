import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { currentBuild, freshBuild, writeTypes } from "./build.mjs";
import { isClone, root } from "./paths.mjs";
import { arePackagesReady } from "./packages.mjs";
import { InstallError } from "./run-program.mjs";

const exitMissing = 3;

/** Commands that need the whole stack: on first use everything is installed at once instead of one after the other. */
const wholeStack = new Set(["run", "up", "sweep", "serve"]);

try {
  const directory = await readyBuild(process.argv.slice(2));
  if (process.argv[2] !== "--build") await import(pathToFileURL(join(directory, "programs", "cli.js")).href);
  else if (isClone()) await writeTypes();
} catch (error) {
  process.stderr.write(`error: ${error instanceof InstallError ? error.message : error.stack}\n`);
  process.exitCode = exitMissing;
}

/** The present build; packages are installed and the sources compiled only where they changed. */
async function readyBuild(args) {
  if (!isClone()) return shippedBuild();
  if (!arePackagesReady()) await install(args);
  return freshBuild();
}

async function install(args) {
  const { installVisibly } = await import("./install.mjs");
  const all = wholeStack.has(args[0]) && !args.includes("--help") && !args.includes("-h");
  await installVisibly(all ? undefined : ["packages"]);
}

function shippedBuild() {
  const current = currentBuild();
  if (current) return join(root, "dist", current.buildId);
  throw new InstallError({ component: "convoy", problem: "this package holds no build.", mend: "npm install convoy (again)" });
}

import { realpathSync } from "node:fs";
import { platform } from "node:os";
import { fileURLToPath } from "node:url";
import { packages } from "./packages.mjs";
import { showProgress } from "./progress.mjs";
import { InstallError } from "./run-program.mjs";
import { s3 } from "./s3.mjs";
import { temporal } from "./temporal.mjs";
import { tensorflow } from "./tensorflow.mjs";

const components = { packages, tensorflow, temporal, s3 };
const componentNames = Object.keys(components);

/** Exit code when something needed is missing and could not be had. */
export const exitMissing = 3;

/**
 * Installs what is missing of `wanted`, all at the same time; what is there costs milliseconds. Safe to call from several
 * processes at once, and after any of them was killed.
 * @param {string[]} wanted of packages, tensorflow, temporal, s3; by default all but the servers that settings name
 * @param {{onEvent?: (event: import("./progress.mjs").InstallEvent) => void}} options
 * @throws {InstallError} the first that failed, after the others are done; its message names the command that mends it
 */
export async function install(wanted = neededComponents(), { onEvent = () => {} } = {}) {
  if (platform() !== "linux")
    throw new InstallError({ component: "convoy", problem: `it runs on Linux; this is ${platform()}.`, mend: "convoy doctor" });
  const missing = [];
  for (const name of wanted) {
    if (!(await component(name).isReady())) missing.push(name);
  }
  let packagesReady = Promise.resolve();
  if (missing.includes("packages")) packagesReady = installOne("packages", { onEvent });
  packagesReady.catch(() => {}); // reported with the others below
  const others = missing.filter((name) => name !== "packages").map((name) => installOne(name, { onEvent, packagesReady }));
  const results = await Promise.allSettled([packagesReady, ...others]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** A server that is configured needs no program of ours. */
function neededComponents() {
  return componentNames.filter((name) => !components[name].isConfigured?.());
}

/** Installs with progress lines on stderr; nothing is said when everything is there. */
export async function installVisibly(wanted) {
  const progress = showProgress(process.stderr);
  try {
    await install(wanted, { onEvent: progress.onEvent });
  } finally {
    progress.finish();
  }
}

async function installOne(name, { onEvent, packagesReady }) {
  const { title } = component(name);
  const start = Date.now();
  const tell = (state, detail, bytes) =>
    onEvent({ component: name, title, state, seconds: Math.round((Date.now() - start) / 1000), detail, ...bytes });
  try {
    const { bytes, note } = await component(name).install({
      report: (detail, progress) => tell("working", detail, progress),
      packagesReady,
    });
    tell("ready", note, { bytes });
  } catch (error) {
    tell(
      error instanceof InstallError && error.component === components.packages.title && name !== "packages"
        ? "stopped"
        : "failed",
    );
    throw error;
  }
}

function component(name) {
  if (name in components) return components[name];
  throw new InstallError({
    component: name,
    problem: "there is no such component.",
    mend: `node infra/local/install.mjs ${componentNames.join(" ")}`,
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  try {
    await installVisibly(wanted.length > 0 ? wanted : undefined);
  } catch (error) {
    process.stderr.write(`\nerror: ${error instanceof InstallError ? error.message : error.stack}\n`);
    process.exitCode = exitMissing;
  }
}

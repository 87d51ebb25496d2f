import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { installOnce } from "./cached-program.mjs";
import { InstallError, runProgram } from "./run-program.mjs";

/**
 * Builds tfjs-node's addon from the sources in its npm package against our libtensorflow, in a folder of its own.
 * @param {{component: string, package: string | undefined, libraries: string, into: string}} options `into` receives tfjs_binding.node
 */
export async function buildAddon({ component, package: source, libraries, into }) {
  if (source === undefined) {
    throw new InstallError({
      component: "npm packages",
      problem: "@tensorflow/tfjs-node is missing.",
      mend: "npm ci --ignore-scripts",
    });
  }
  const work = join(into, ".build");
  const tensorflow = join(libraries, "tensorflow");
  mkdirSync(join(work, "deps", "lib"), { recursive: true });
  try {
    cpSync(join(source, "binding"), join(work, "binding"), { recursive: true });
    cpSync(join(source, "binding.gyp"), join(work, "binding.gyp"));
    symlinkSync(join(tensorflow, "include"), join(work, "deps", "include"));
    for (const [name, target] of linkerNames) symlinkSync(join(tensorflow, target), join(work, "deps", "lib", name));
    await compile(component, work, tensorflow);
    renameSync(join(work, "built", "tfjs_binding.node"), join(into, "tfjs_binding.node"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The wheel's names, and those that tfjs-node's build gives to the linker. */
const linkerNames = [
  ["libtensorflow.so", "libtensorflow_cc.so.2"],
  ["libtensorflow_cc.so.2", "libtensorflow_cc.so.2"],
  ["libtensorflow_framework.so", "libtensorflow_framework.so.2"],
  ["libtensorflow_framework.so.2", "libtensorflow_framework.so.2"],
];

async function compile(component, work, tensorflow) {
  const gyp = await nodeGyp(component);
  const headers = `--nodedir=${await nodeDirectory(component)}`;
  // What node-pre-gyp would pass on.
  const names = [
    "--module_name=tfjs_binding",
    `--module_path=${join(work, "built")}`,
    "--napi_version=8",
    "--napi_build_version=8",
  ];
  const env = { LDFLAGS: `-Wl,-rpath,${tensorflow}` };
  const { code, output } = await runProgram(process.execPath, [gyp, "rebuild", headers, ...names], { cwd: work, env });
  if (code === 0) return;
  const mend = "apt-get install g++ make python3 (or your system's names for them)";
  const said = output.split("\n").filter((line) => !/^gyp (info|http|verb|ERR! (System|command|cwd|node|not ok))/.test(line));
  const problem = "the addon could not be built; it takes a C++ compiler and make.";
  throw new InstallError({ component, problem, output: said.join("\n"), mend });
}

/** The node-gyp that npm brings, by npm's own word: npm need not lie beside the running node. */
async function nodeGyp(component) {
  const asked = await runProgram("npm", ["exec", "--offline", "--call", "echo $npm_config_node_gyp"]);
  const found = asked.stdout.trim();
  if (asked.code === 0 && existsSync(found)) return found;
  throw new InstallError({
    component,
    problem: "node-gyp, which comes with npm, was not found.",
    output: asked.output,
    mend: "npm install --global npm",
  });
}

/** A folder with `include/node`: of the running node, else from the npm package of that version, so that no other host is asked. */
async function nodeDirectory(component) {
  const own = dirname(dirname(realpathSync(process.execPath)));
  if (existsSync(join(own, "include", "node", "node_api.h")) && existsSync(join(own, "include", "node", "common.gypi")))
    return own;
  const version = process.versions.node;
  return installOnce(`node-headers-${version}-${arch()}`, async (into) => {
    const specifier = `node-linux-${arch()}@${version}`;
    const pack = await runProgram("npm", ["pack", "--silent", "--pack-destination", into, specifier]);
    const archive = readdirSync(into).find((name) => name.endsWith(".tgz"));
    const unpack =
      archive && (await runProgram("tar", ["-xzf", archive, "--strip-components=1", "package/include"], { cwd: into }));
    if (pack.code !== 0 || unpack?.code !== 0) {
      const output = `${pack.output}${unpack?.output ?? ""}`;
      throw new InstallError({
        component,
        problem: "Node's headers could not be downloaded.",
        output,
        mend: `npm pack ${specifier}`,
      });
    }
    rmSync(join(into, archive));
  });
}

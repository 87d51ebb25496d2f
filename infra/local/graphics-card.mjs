import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { arch } from "node:os";
import { join, relative } from "node:path";
import { runProgram } from "./run-program.mjs";

/** There are no wheels with CUDA for other processors. */
export function hasNvidiaDriver() {
  return arch() === "x64" && existsSync("/proc/driver/nvidia/version");
}

/**
 * The run path inside TensorFlow names the folders of all CUDA libraries it opens but cuSOLVER's, and without one of them it computes on the processor
 * and says nothing. So cuSOLVER is put beside cuBLAS.
 * @param {string} libraries the folder with `tensorflow/` and `nvidia/` as the wheels lay them out
 */
export function linkMissedLibraries(libraries) {
  const [found, looked] = ["cusolver", "cublas"].map((name) => join(libraries, "nvidia", name, "lib"));
  for (const name of readdirSync(found).filter((file) => file.startsWith("libcusolver.so."))) {
    symlinkSync(join(relative(looked, found), name), join(looked, name));
  }
}

/**
 * Loads a TensorFlow addon in a process of its own, adds two numbers, and says what computed them.
 * @param {string | undefined} packageFolder of @tensorflow/tfjs-node or -gpu
 * @returns {Promise<{works: boolean, usesCard: boolean, missing: string[], output: string}>} `missing`: CUDA libraries that were not found
 */
export async function tryAddon(packageFolder) {
  const script = `const tf = require(${JSON.stringify(packageFolder)});
    if (tf.add(1, 1).dataSync()[0] !== 2) throw new Error("1 + 1 is not 2");
    process.stdout.write(tf.backend().isUsingGpuDevice ? "card" : "processor");`;
  const env = { TF_CPP_MIN_LOG_LEVEL: "0", TF_CPP_VMODULE: "dso_loader=1", TF_FORCE_GPU_ALLOW_GROWTH: "true" };
  const { code, stdout, output } = await runProgram(process.execPath, ["-e", script], { env });
  return { works: code === 0, usesCard: stdout.endsWith("card"), missing: missingLibraries(output), output };
}

/** Names of libraries that TensorFlow's log says it did not find. */
export function missingLibraries(log) {
  return [...log.matchAll(/Could not load dynamic library '([^']+)'/g)].map(([, name]) => name);
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { installPython } from "../install-python.ts";

const run = promisify(execFile);
const packages = ["torch==2.11.0"];

/** @returns the Python program of the machine itself where it has a PyTorch that sees a card, else of an environment with one */
export async function installTorch(cacheFolder: string): Promise<string> {
  try {
    await run("python3", ["-c", "import torch; assert torch.cuda.is_available()"]);
    return "python3";
  } catch {
    return installPython(cacheFolder, "torch", packages);
  }
}

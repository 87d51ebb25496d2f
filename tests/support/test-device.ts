import { loadTensorflow } from "../../trainer/runtime/tensorflow.ts";
import { tensorflowEnvironment } from "../../trainer/runtime/tensorflow-environment.ts";

/** What tests of networks compute on: `CONVOY_TEST_DEVICE=gpu` takes the graphics card. */
export const testDevice = process.env["CONVOY_TEST_DEVICE"] === "gpu" ? "gpu" : "cpu";

/** Loads TensorFlow into the test's process, with the variables that a trainer is started with. One thread: other files run beside it. */
export async function loadTestTensorflow(): Promise<void> {
  Object.assign(process.env, tensorflowEnvironment({ device: testDevice, threads: 1 }));
  const { device } = await loadTensorflow({ device: testDevice });
  if (!device.startsWith(testDevice)) throw new Error(`These tests are to compute on a card; TensorFlow found none (${device}).`);
}

// A trainer that misbehaves in the way its environment says. The real one is used wherever it can be made to behave so.
const behavior = process.env.FAKE_TRAINER ?? "";
const progress = { phase: "training", epoch: 2, epochs: 9, step: 40, steps: 100, loss: 0.5, accuracy: 0.8 };
const message = { type: "progress", progress: { ...progress, imagesPerSecond: null, validation: null, checkpoint: null } };
const failed = (name, text) => ({ type: "failed", name, message: text, stack: "" });
const forever = () => setInterval(() => undefined, 1000);

process.on("disconnect", () => process.exit(0));
process.once("message", () => {
  process.send(message, () => behaviors[behavior]());
});

const behaviors = {
  "says nothing": forever,
  "ignores SIGTERM": () => {
    process.on("SIGTERM", () => undefined);
    forever();
  },
  "runs out of memory in C++": () => {
    process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n", () => process.abort());
  },
  "is killed": () => process.kill(process.pid, "SIGKILL"),
  "never comes back to its loop": async () => {
    const { dieWithSupervisor } = await import(`${process.env.BUILD_FOLDER}/trainer/watchdog.js`);
    dieWithSupervisor(process.ppid);
    const ready = { type: "log", level: "info", message: "trainer ready", fields: { pid: process.pid } };
    process.send(ready, () => setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 500));
  },
  "ends with 3": () => process.stderr.write("Error: cannot open libtensorflow.so\n", () => process.exit(3)),
  "throws in TensorFlow": () =>
    process.send(failed("Error", "OOM when allocating tensor with shape[4096,512]"), () => process.exit(0)),
  "is told by the engine that memory ran out": () =>
    process.send(
      failed(
        "TrainerCrashed",
        "TensorFlow ran out of memory on the GPU in a step of 8 images: OOM. Try a smaller train.batchSize",
      ),
      () => process.exit(0),
    ),
  "loses its storage": () => process.send(failed("StorageFailed", "Storage could not put"), () => process.exit(0)),
  diverges: () => process.send(failed("TrainingDiverged", "The loss of epoch 2, step 41 must be finite"), () => process.exit(0)),
};

import { availableParallelism } from "node:os";

/** What a trainer's TensorFlow is to use. All of it can change bits or speed, so all of it is recorded. */
export interface TensorflowSettings {
  /** `auto`: the GPU build where an NVIDIA driver is present. */
  device: "auto" | "cpu" | "gpu";
  /** Intra-op threads; the number of cores where absent. */
  threads?: number;
  /** oneDNN's kernels; switch off to cross CPU types with equal bits (default: on). */
  onednn?: boolean;
  /** XLA clustering of compiled steps; only worth it on a GPU, and there not for convolutions (default: off). */
  xla?: boolean;
  /** Products of a graphics card's matrix units with 10 bits of mantissa in place of 23: faster, coarser than what is tested (default: off). */
  tf32?: boolean;
}

/**
 * The environment variables a trainer process must be started with: TensorFlow reads them when its library is loaded, so they cannot
 * be set from inside.
 *
 * Three of them are for speed alone and change no bit. One inter-op thread beside the intra-op ones: a step is a chain, and handing ops between threads
 * costs more than it gives. Plans of convolutions' gradients are kept, which TensorFlow otherwise makes anew in each step, to save memory; here steps
 * are the same for hours. And the thread that starts one of oneDNN's kernels does its share of it instead of waiting for the others.
 */
export function tensorflowEnvironment(settings: TensorflowSettings): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: String(settings.threads ?? availableParallelism()),
    TF_NUM_INTEROP_THREADS: "1",
    TF_ENABLE_ONEDNN_OPTS: settings.onednn === false ? "0" : "1",
    TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE: "false",
    TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD: "true",
    TF_DETERMINISTIC_OPS: "1",
    TF_CUDNN_DETERMINISTIC: "1",
    TF_FORCE_GPU_ALLOW_GROWTH: "true",
    TF_CPP_MIN_LOG_LEVEL: "2",
    ...(settings.tf32 === true ? {} : { NVIDIA_TF32_OVERRIDE: "0" }),
    ...(settings.xla === true ? { TF_XLA_FLAGS: "--tf_xla_auto_jit=2" } : {}),
  };
}

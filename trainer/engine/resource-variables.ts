import * as tf from "@tensorflow/tfjs";

import { executeOp } from "../runtime/node-backend.ts";

let created = 0;

/** A variable inside TensorFlow, which its update ops change in place. */
export class ResourceVariable {
  readonly handle: tf.Tensor;
  readonly shape: number[];

  constructor(initial: tf.Tensor) {
    this.shape = initial.shape;
    const attributes = {
      dtype: { type: "float" },
      shape: { shape: this.shape },
      container: { string: "" },
      shared_name: { string: `resource-${created++}` },
    } as const;
    this.handle = executeOp("VarHandleOp", attributes, [])[0]!;
    this.assign(initial);
  }

  assign(value: tf.Tensor): void {
    executeOp("AssignVariableOp", { dtype: { type: "float" } }, [this.handle, value], 0);
  }

  /** The present value; the caller owns it. */
  read(): tf.Tensor {
    return executeOp("ReadVariableOp", { dtype: { type: "float" } }, [this.handle])[0]!;
  }

  dispose(): void {
    executeOp("DestroyResourceOp", { ignore_lookup_error: { bool: true } }, [this.handle], 0);
    this.handle.dispose();
  }
}

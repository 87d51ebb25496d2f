import { expect, test } from "vitest";

import * as errors from "../../ml/errors.ts";
import { permanentErrors } from "../../temporal.config.ts";

const transient = ["PipelineError", "TrainerStalled", "TrainerCrashed"];

test("lists every error class as permanent but those that a retry can mend", () => {
  expect([...permanentErrors].toSorted()).toEqual(
    Object.keys(errors)
      .filter((name) => !transient.includes(name))
      .toSorted(),
  );
});

test.each(Object.entries(errors))("%s carries its class name, which retry policies go by", (name, ErrorClass) => {
  expect((Reflect.construct(ErrorClass, ["message"]) as Error).name).toBe(name);
});

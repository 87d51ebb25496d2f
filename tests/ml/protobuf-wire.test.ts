import { expect, test } from "vitest";

import { doubleField, floatField, messageField, packedVarints, stringField, varintField } from "../../ml/protobuf-wire.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** From the guide to the wire format, https://protobuf.dev/programming-guides/encoding/. */
test("writes fields as the format's guide shows them", () => {
  expect(hex(varintField(1, 150))).toBe("089601");
  expect(hex(stringField(2, "testing"))).toBe("120774657374696e67");
  expect(hex(messageField(3, [varintField(1, 150)]))).toBe("1a03089601");
  expect(hex(packedVarints(6, [3, 270, 86_942]))).toBe("3206038e029ea705");
  expect(hex(varintField(1, -2))).toBe("08feffffffffffffffff01");
  expect(hex(floatField(1, 1))).toBe("0d0000803f");
  expect(hex(doubleField(1, 1))).toBe("09000000000000f03f");
});

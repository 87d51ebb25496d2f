import { expect, test } from "vitest";

import { ReusedMemory } from "../../storage/reused-memory.ts";

test("hands the same memory out again once it is given back, and never twice at a time", () => {
  const memory = new ReusedMemory();
  const [first, second] = [memory.take(100_000), memory.take(100_000)];

  memory.give(first);
  const third = memory.take(70_000);

  expect(second.buffer).not.toBe(first.buffer);
  expect(third.buffer).toBe(first.buffer);
  expect(third.byteLength).toBe(70_000);
});

test("takes larger memory where what is free is too small, and keeps no more pieces than are used at a time", () => {
  const memory = new ReusedMemory();
  for (const size of [0, 1, 65_536, 65_537, 1_000_000, 3]) {
    const bytes = memory.take(size);
    expect(bytes.byteLength).toBe(size);
    memory.give(bytes);
  }

  const [kept, other] = [memory.take(1_000_000), memory.take(3)];

  expect(kept.buffer.byteLength).toBe(2 ** 20);
  expect(other.buffer).not.toBe(kept.buffer);
});

test("leaves memory alone that was not taken here, or was given back already", () => {
  const memory = new ReusedMemory();
  const own = memory.take(10);
  memory.give(Buffer.alloc(100));
  memory.give(own);
  memory.give(own);

  expect(memory.take(10).buffer).not.toBe(memory.take(10).buffer);
});

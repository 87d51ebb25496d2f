import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import type { ObjectStore } from "../../storage/object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "../../storage/object-store.ts";
import { probeConditionalWrites } from "../../storage/open-store.ts";

/** What every object store promises; run against each implementation. */
export function testObjectStore(title: string, open: () => Promise<ObjectStore>): void {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
  let counter = 0;
  const freshKey = () => `contract/${process.pid}-${Date.now()}-${counter++}`;

  describe(`${title} as an object store`, () => {
    test("gives back the bytes that were put, with their size and etag", async () => {
      const store = await open();
      const key = freshKey();

      const { etag } = await store.put(key, Buffer.from("grüße"));

      expect(text((await store.get(key)).bytes)).toBe("grüße");
      expect(await store.head(key)).toMatchObject({ sizeBytes: 7, etag });
    });

    test("says not found for an absent key, by get and by head", async () => {
      const store = await open();

      await expect(store.get(freshKey())).rejects.toBeInstanceOf(ObjectNotFound);
      await expect(store.head(freshKey())).rejects.toBeInstanceOf(ObjectNotFound);
    });

    test("lets exactly one of 32 writers create a key", async () => {
      const store = await open();
      const key = freshKey();

      const puts = Array.from({ length: 32 }, (_, i) =>
        store.put(key, Buffer.from(String(i)), { condition: { ifAbsent: true } }),
      );
      const results = await Promise.allSettled(puts);

      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
      expect(new Set(refusals.map((refusal) => refusal.name))).toEqual(new Set([PreconditionFailed.name]));
    });

    test("replaces an object only under the etag it was read with", async () => {
      const store = await open();
      const key = freshKey();
      const { etag } = await store.put(key, Buffer.from("1"));

      await store.put(key, Buffer.from("2"), { condition: { ifMatch: etag } });

      await expect(store.put(key, Buffer.from("3"), { condition: { ifMatch: etag } })).rejects.toBeInstanceOf(PreconditionFailed);
      expect(text((await store.get(key)).bytes)).toBe("2");
    });

    test("makes an object young by touching it, and changes nothing else", async () => {
      const store = await open();
      const key = `${freshKey()} ü+x.json`;
      const { etag } = await store.put(key, Buffer.from("{}"), { mediaType: "application/json" });
      const before = await store.head(key);
      await sleep(1_100); // servers keep whole seconds

      await store.touch(key);

      const after = await store.head(key);
      expect(after.modifiedAt.getTime()).toBeGreaterThan(before.modifiedAt.getTime());
      expect(after).toMatchObject({ sizeBytes: 2, etag });
      expect(text((await store.get(key)).bytes)).toBe("{}");
      await expect(store.touch(freshKey())).rejects.toBeInstanceOf(ObjectNotFound);
    });

    test("passes the probe for conditional writes", async () => {
      await expect(probeConditionalWrites(await open())).resolves.toBeUndefined();
    });

    test("lists what begins with a prefix, and the names directly under a folder", async () => {
      const store = await open();
      const root = freshKey();
      for (const key of ["a", "b/c", "b/d"]) await store.put(`${root}/${key}`, Buffer.from(key));

      const keys: string[] = [];
      for await (const { key } of store.list(`${root}/`)) keys.push(key);

      expect(keys.toSorted()).toEqual([`${root}/a`, `${root}/b/c`, `${root}/b/d`]);
      expect((await store.listFolder(`${root}/`)).toSorted()).toEqual(["a", "b/"]);
    });

    test("deletes keys, absent ones without complaint", async () => {
      const store = await open();
      const key = freshKey();
      await store.put(key, Buffer.from("x"));

      await store.delete([key, freshKey()]);

      await expect(store.head(key)).rejects.toBeInstanceOf(ObjectNotFound);
    });

    test("carries files up and down unchanged, beyond the size of one request", async () => {
      const store = await open();
      const folder = await mkdtemp(join(tmpdir(), "convoy-contract-"));
      try {
        const key = freshKey();
        const bytes = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef");
        await writeFile(join(folder, "up"), bytes);

        await store.putFile(key, join(folder, "up"));
        await store.getFile(key, join(folder, "down"));

        expect(bytes.equals(await readFile(join(folder, "down")))).toBe(true);
        await writeFile(join(folder, "begun"), bytes.subarray(0, 1000));
        const { etag } = await store.head(key);
        await store.getFile(key, join(folder, "begun"), { have: 1000, ifMatch: etag });
        expect(bytes.equals(await readFile(join(folder, "begun")))).toBe(true);
        await expect(store.getFile(key, join(folder, "begun"), { have: 1000, ifMatch: '"other"' })).rejects.toThrow(
          PreconditionFailed,
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

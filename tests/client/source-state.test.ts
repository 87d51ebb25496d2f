import { expect, test } from "vitest";

import { refuseLostData } from "../../client/source-state.ts";
import { resolveSource } from "../../storage/resolve-source.ts";
import { uploadSource } from "../../storage/upload-source.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { memoryStore } from "../support/memory-store.ts";

test("data in another bucket counts as there while its ETags are those that were listed, and each that changed or went is named", async () => {
  const bucket = new MemoryObjectStore();
  const store = { ...memoryStore(), openBucket: () => bucket };
  for (const name of ["cats/1.png", "cats/2.png", "dogs/3.png"]) await bucket.put(`set/${name}`, Buffer.from(name));
  const source = await uploadSource(await resolveSource("s3://pictures/set", "/", store.openBucket), store, "/nowhere", () => {});

  await expect(refuseLostData(store, "06f1", source)).resolves.toBeUndefined();
  await bucket.put("set/cats/2.png", Buffer.from("another"));
  await bucket.delete(["set/dogs/3.png"]);

  await expect(refuseLostData(store, "06f1", source)).rejects.toThrow(
    /The data of run 06f1 is not as it was: cats\/2\.png has changed: its ETag was \S+, now \S+; dogs\/3\.png s3:\/\/pictures\/set\/dogs\/3\.png cannot be read/,
  );
});

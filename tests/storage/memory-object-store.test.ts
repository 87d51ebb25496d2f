import { MemoryObjectStore } from "../support/memory-object-store.ts";
import { testObjectStore } from "../support/object-store-contract.ts";

const store = new MemoryObjectStore();
testObjectStore("the store in memory", async () => store);

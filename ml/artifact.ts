import { z } from "zod";

/** What crosses a stage boundary: a reference to immutable bytes, never the bytes. */
export const artifactRefSchema = z.strictObject({
  /** Key of the object, relative to the store's prefix: `objects/<2 hex>/<sha256>`. */
  uri: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().nonnegative(),
  mediaType: z.string(),
});
export type ArtifactRef = z.infer<typeof artifactRefSchema>;

/** Media types of what the stages hand on. */
export const mediaTypes = {
  json: "application/json",
  npy: "application/x-npy",
  parquet: "application/vnd.apache.parquet",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
  markdown: "text/markdown; charset=utf-8",
  png: "image/png",
  bytes: "application/octet-stream",
} as const;

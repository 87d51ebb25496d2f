import { z } from "zod";

import type { ArtifactRef } from "../ml/artifact.ts";
import { artifactRefSchema, mediaTypes } from "../ml/artifact.ts";
import { sourceFileSchema } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { objectKey } from "./artifact-store.ts";

/** JSON that refers to other artifacts is a list of a few thousand lines at most; what is larger is data. */
const usualJsonBytes = 64 * 1024 * 1024;

interface ReachableOptions {
  /** Hashes that were met before; they are neither told nor followed again. */
  seen?: Set<string>;
  /** Whether an artifact stands; by default the store is asked. */
  isIntact?: (ref: ArtifactRef) => Promise<boolean>;
  /** Larger JSON is not followed. */
  largestJsonBytes?: number;
}

const storedFileSchema = sourceFileSchema.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/), uri: z.string() });

/**
 * These artifacts and all that they refer to, each once, depth first: a data set's shards, a manifest's files, a version's evidence.
 * What is missing is told and not followed.
 */
export async function* reachable(
  artifacts: ArtifactStore,
  refs: Iterable<ArtifactRef>,
  options: ReachableOptions = {},
): AsyncIterable<{ ref: ArtifactRef; isIntact: boolean }> {
  const { seen = new Set(), isIntact = (ref) => artifacts.isIntact(ref), largestJsonBytes = usualJsonBytes } = options;
  for (const ref of refs) {
    if (seen.has(ref.sha256)) continue;
    seen.add(ref.sha256);
    const stands = await isIntact(ref);
    yield { ref, isIntact: stands };
    if (!stands || ref.mediaType !== mediaTypes.json || ref.sizeBytes > largestJsonBytes) continue;
    const value: unknown = JSON.parse(Buffer.from(await artifacts.get(ref)).toString("utf8"));
    yield* reachable(artifacts, refsIn(value), { seen, isIntact, largestJsonBytes });
  }
}

/** Everything in a JSON value that has the form of a reference into the store. */
export function refsIn(value: unknown): ArtifactRef[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(refsIn);
  const ref = artifactRefSchema.safeParse(value);
  if (ref.success && ref.data.uri === objectKey(ref.data.sha256)) return [ref.data];
  const file = storedFileSchema.safeParse(value);
  if (file.success && file.data.uri === objectKey(file.data.sha256)) {
    const { uri, sha256, sizeBytes } = file.data;
    return [{ uri, sha256, sizeBytes, mediaType: mediaTypes.bytes }];
  }
  return Object.values(value).flatMap(refsIn);
}

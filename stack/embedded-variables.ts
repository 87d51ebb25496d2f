import { existsSync } from "node:fs";
import { join } from "node:path";

import { s3Keys, stackPaths } from "./stack-files.ts";

/** Where versitygw keeps its buckets, each a folder of plain files; absent where another server is embedded. */
export function versitygwBuckets(stateFolder: string): string {
  return join(stackPaths(stateFolder).s3, "versitygw", "buckets");
}

export const embeddedNamespace = "default";
export const embeddedRegion = "us-east-1";

/** The settings that point a client or a worker at the embedded Temporal. */
export function temporalVariables(address: string): Record<string, string> {
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: embeddedNamespace };
}

/** The settings that point a client or a worker at the embedded S3 server; these hold its keys. */
export function s3Variables(stateFolder: string, endpoint: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = s3Keys(stateFolder);
  const buckets = versitygwBuckets(stateFolder);
  return {
    S3_ENDPOINT: endpoint,
    CONVOY_S3_FOLDER: existsSync(buckets) ? buckets : "",
    S3_REGION: embeddedRegion,
    S3_ADDRESSING: "path",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: "",
  };
}

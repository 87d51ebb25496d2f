import { s3Keys } from "./stack-files.ts";

export const embeddedNamespace = "default";
export const embeddedRegion = "us-east-1";

/** The settings that point a client or a worker at the embedded Temporal. */
export function temporalVariables(address: string): Record<string, string> {
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: embeddedNamespace };
}

/** The settings that point a client or a worker at the embedded S3 server; these hold its keys. */
export function s3Variables(stateFolder: string, endpoint: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = s3Keys(stateFolder);
  return {
    S3_ENDPOINT: endpoint,
    S3_REGION: embeddedRegion,
    S3_ADDRESSING: "path",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: "",
  };
}

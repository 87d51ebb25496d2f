import type { Environment } from "../environment.ts";
import type { S3Settings } from "./s3-object-store.ts";

/** How to reach the configured S3 server. Credentials come from the AWS default chain, whose environment part is given by name. */
export function s3Settings(environment: Environment): S3Settings {
  const { S3_ENDPOINT, S3_ADDRESSING, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const credentials = credentialsOf(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN);
  const sources = sourceSettings(environment);
  const isAws = S3_ENDPOINT === undefined || S3_ENDPOINT === "aws";
  return {
    ...(isAws ? {} : { endpoint: S3_ENDPOINT }),
    region: environment.S3_REGION ?? environment.AWS_REGION ?? "us-east-1",
    bucket: environment.S3_BUCKET,
    prefix: environment.S3_PREFIX,
    ...(environment.CONVOY_S3_FOLDER === undefined ? {} : { embeddedFolder: environment.CONVOY_S3_FOLDER }),
    forcePathStyle: S3_ADDRESSING === "auto" ? !isAws : S3_ADDRESSING === "path",
    ...(credentials ? { credentials } : {}),
    ...(sources ? { sources } : {}),
  };
}

/** The server that S3_SOURCE_ENDPOINT names, with the S3_SOURCE_ keys or by the AWS default chain; undefined where it names none. */
function sourceSettings(environment: Environment): S3Settings["sources"] {
  const { S3_SOURCE_ENDPOINT: endpoint, S3_SOURCE_REGION, AWS_REGION, CONVOY_S3_FOLDER } = environment;
  if (endpoint === undefined) return undefined;
  const { S3_SOURCE_ACCESS_KEY_ID, S3_SOURCE_SECRET_ACCESS_KEY, S3_SOURCE_SESSION_TOKEN } = environment;
  const given = credentialsOf(S3_SOURCE_ACCESS_KEY_ID, S3_SOURCE_SECRET_ACCESS_KEY, S3_SOURCE_SESSION_TOKEN);
  // Beside an embedded server the environment's AWS keys are that server's.
  const profile = CONVOY_S3_FOLDER === undefined ? {} : { profile: environment.AWS_PROFILE ?? "default" };
  return {
    ...(endpoint === "aws" ? {} : { endpoint }),
    region: S3_SOURCE_REGION ?? AWS_REGION ?? "us-east-1",
    forcePathStyle: endpoint !== "aws",
    ...(given ? { credentials: given } : profile),
  };
}

function credentialsOf(accessKeyId: string | undefined, secretAccessKey: string | undefined, sessionToken: string | undefined) {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

import type { Environment } from "../environment.ts";
import type { S3Settings } from "./s3-object-store.ts";

/** How to reach the configured S3 server. Credentials come from the AWS default chain, whose environment part is given by name. */
export function s3Settings(environment: Environment): S3Settings {
  const { S3_ENDPOINT, S3_ADDRESSING, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const isAws = S3_ENDPOINT === undefined || S3_ENDPOINT === "aws";
  return {
    ...(isAws ? {} : { endpoint: S3_ENDPOINT }),
    region: environment.S3_REGION ?? environment.AWS_REGION ?? "us-east-1",
    bucket: environment.S3_BUCKET,
    prefix: environment.S3_PREFIX,
    ...(environment.CONVOY_S3_FOLDER === undefined ? {} : { embeddedFolder: environment.CONVOY_S3_FOLDER }),
    forcePathStyle: S3_ADDRESSING === "auto" ? !isAws : S3_ADDRESSING === "path",
    ...(AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: AWS_ACCESS_KEY_ID,
            secretAccessKey: AWS_SECRET_ACCESS_KEY,
            ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
          },
        }),
  };
}

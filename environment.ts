import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import { z } from "zod";

import { InvalidConfiguration } from "./ml/errors.ts";

/** An empty variable means the same as none: that is how compose and CI systems pass absent ones. */
const text = z.string().trim().min(1).optional();
const count = z.coerce.number().int().positive();

/** Every variable convoy reads, with its meaning. `.env.example` names them all; a test compares the two. */
export const environmentSchema = z.object({
  CONVOY_PROFILE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes")
    .default("default")
    .describe("name of the embedded stack and its state; several can run side by side"),
  CONVOY_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info").describe("least severe log line kept"),
  CONVOY_LOCAL_WORKERS: z
    .enum(["auto", "always", "never"])
    .default("auto")
    .describe("auto: with a configured Temporal, start workers here only where none serves the present build"),
  CONVOY_DATA_WORKERS: count.default(1).describe("data workers of the embedded stack"),
  CONVOY_GPU_WORKERS: count
    .default(1)
    .describe("gpu workers of the embedded stack: trainings that run at the same time; on a CPU they share its cores"),
  CONVOY_DATA_SLOTS: count.default(2).describe("data stages one worker runs at a time"),
  CONVOY_THREADS: count
    .optional()
    .describe("TensorFlow's intra-op threads; changes bits, so it is recorded (default: number of cores)"),
  CONVOY_TENSORFLOW: z.enum(["auto", "cpu", "gpu"]).default("auto").describe("auto: gpu where an NVIDIA driver is present"),
  CONVOY_ONEDNN: z
    .enum(["on", "off"])
    .default("on")
    .describe("oneDNN's kernels on the processor; off is slower and gives equal bits on more kinds of processors; recorded"),
  CONVOY_XLA: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "XLA clustering of training steps on a GPU: seconds of compiling more, then faster steps of networks without convolutions alone, other bits; recorded",
    ),
  CONVOY_TF32: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "a GPU's products with shortened mantissas (TF32): faster, but equal to the processor's to three digits only; recorded",
    ),
  CONVOY_GPU_CLASS: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes")
    .default("default")
    .describe(
      "class a gpu worker belongs to; runs begin on `default`, and `convoy resume RUN --gpu CLASS` moves a training to another",
    ),
  CONVOY_S3_SERVER: z.enum(["auto", "versitygw", "seaweedfs"]).default("auto").describe("the embedded S3 server"),
  CONVOY_S3_FOLDER: text.describe(
    "folder of the embedded S3 server's buckets, whose files are synced when put; set by the stack",
  ),
  CONVOY_KEEP_RUNS_DAYS: count
    .optional()
    .describe(
      "days after which `convoy gc` lets go of ended runs that nobody tagged `keep` and no model came from; none where absent",
    ),
  CONVOY_REFERENCE_DATA: text.describe("folder of the reference cases' real data, for `npm run reference`"),
  CONVOY_BUILD_ID: text.describe("build a worker serves; set by whoever starts it, the current build where absent"),
  CONVOY_HEALTH_ADDRESS: text.describe(
    "host:port for a worker's /healthz and /readyz, e.g. 0.0.0.0:8080 in a cluster; none where absent",
  ),
  CONVOY_NOTIFY_WEBHOOK: text.describe(
    "https:// address that workers tell of runs by POST, as JSON; a secret, never logged or stored; set before `convoy up`",
  ),
  CONVOY_NOTIFY_COMMAND: text.describe("shell command of the workers that gets the same on stdin; set before `convoy up`"),
  CONVOY_NOTIFY_ON: z
    .string()
    .trim()
    .default("done,failed,waiting")
    .transform((words) => words.split(",").map((word) => word.trim()))
    .pipe(z.array(z.enum(["done", "failed", "waiting", "cancelled"])))
    .describe("what workers tell of, by comma: done, failed, waiting, cancelled"),
  CONVOY_METRICS_ADDRESS: text.describe("host:port for a worker's Prometheus metrics; none where absent"),
  CONVOY_SERVE_TOKEN: text.describe(
    "token that requests to `convoy serve` must bear; needed where it listens on other hosts than this one",
  ),
  TEMPORAL_ADDRESS: text.describe(
    "host:port of a Temporal server; the embedded one where neither this nor a temporal.toml is set",
  ),
  TEMPORAL_NAMESPACE: text.describe("Temporal namespace (default: default)"),
  TEMPORAL_API_KEY: text.describe("Temporal API key; never logged or stored"),
  TEMPORAL_TLS: text.describe("true: TLS to Temporal without client certificate"),
  TEMPORAL_CONFIG_FILE: text.describe("path of a temporal.toml other than the standard one"),
  TEMPORAL_PROFILE: text.describe("profile within temporal.toml"),
  S3_ENDPOINT: text.describe("URL of an S3-compatible server; `aws` for AWS itself; the embedded one where absent"),
  S3_BUCKET: z.string().trim().min(1).default("convoy").describe("bucket; made if absent and allowed"),
  S3_PREFIX: z
    .string()
    .trim()
    .regex(/^[^/].*[^/]$|^[^/]?$/, "no slash at either end")
    .default("")
    .describe("put before every key"),
  S3_REGION: text.describe("region (default: AWS_REGION, else us-east-1)"),
  S3_ADDRESSING: z.enum(["auto", "path", "virtual"]).default("auto").describe("auto: path style for endpoints other than AWS"),
  S3_SOURCE_ENDPOINT: text.describe(
    "where s3:// sources lie: a URL, or `aws` (default: where convoy's own bucket is, with its credentials)",
  ),
  S3_SOURCE_REGION: text.describe("its region (default: AWS_REGION, else us-east-1)"),
  S3_SOURCE_ACCESS_KEY_ID: text.describe(
    "its credentials, where they are not those of the AWS default chain; beside an embedded S3 server that chain goes without the environment's keys",
  ),
  S3_SOURCE_SECRET_ACCESS_KEY: text.describe("the key's secret; never logged or stored"),
  S3_SOURCE_SESSION_TOKEN: text.describe("for temporary credentials"),
  AWS_PROFILE: text.describe("profile of the AWS default chain"),
  AWS_REGION: text.describe("region of the AWS default chain"),
  AWS_ACCESS_KEY_ID: text.describe("credentials by the AWS default chain (environment, profile, container, instance)"),
  AWS_SECRET_ACCESS_KEY: text.describe("the key's secret; never logged or stored"),
  AWS_SESSION_TOKEN: text.describe("for temporary credentials"),
  XDG_CACHE_HOME: text.describe(
    "programs, copies of artifacts and compiled graphs go to $XDG_CACHE_HOME/convoy (default: ~/.cache)",
  ),
  XDG_DATA_HOME: text.describe("state of embedded stacks goes to $XDG_DATA_HOME/convoy/<profile> (default: ~/.local/share)"),
  NO_COLOR: text.describe("no colour and no animation"),
  FORCE_COLOR: text.describe("colour although the output is not a terminal"),
  TERM: text.describe("dumb: no colour and no animation"),
});

export type Environment = z.infer<typeof environmentSchema> & {
  /** `$XDG_CACHE_HOME/convoy`: programs, copies of artifacts, compiled graphs; safe to delete. */
  cacheFolder: string;
  /** `$XDG_DATA_HOME/convoy/<profile>`: database, bucket, keys of the embedded stack. */
  stateFolder: string;
};

/**
 * Reads the settings; the only place that looks at `process.env`.
 *
 * @param overrides stand above the environment, e.g. a profile given as an option
 * @throws {InvalidConfiguration} naming every variable that is wrong
 */
export function readEnvironment(overrides: Readonly<Record<string, string | undefined>> = {}): Environment {
  const variables = Object.fromEntries(
    Object.entries({ ...process.env, ...definedOnly(overrides) }).filter(([, value]) => value !== ""),
  );
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".")}: ${issue.message}, received ${JSON.stringify(variables[String(issue.path[0])])}`,
    );
    throw new InvalidConfiguration(`Environment variables are wrong: ${problems.join("; ")}. .env.example explains each`);
  }
  const values = parsed.data;
  return {
    ...values,
    cacheFolder: join(absolute(values.XDG_CACHE_HOME) ?? join(homedir(), ".cache"), "convoy"),
    stateFolder: join(absolute(values.XDG_DATA_HOME) ?? join(homedir(), ".local", "share"), "convoy", values.CONVOY_PROFILE),
  };
}

/** "All paths set in these environment variables must be absolute"; others are to be ignored. @see https://specifications.freedesktop.org/basedir-spec/latest/ */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** All variables of this process with `changes` (undefined removes), for a program that is started; nothing is read out of them here. */
export function childVariables(changes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return definedOnly({ ...process.env, ...changes });
}

function definedOnly(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

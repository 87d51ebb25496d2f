import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import { z } from "zod";

import { InvalidConfiguration } from "./ml/errors.ts";

/** An empty variable means the same as none: that is how compose and CI systems pass absent ones. */
const text = z.string().trim().min(1).optional();
const listenAddress = z
  .string()
  .trim()
  .refine((address) => parseListenAddress(address) !== null, "host:port, such as 0.0.0.0:8080")
  .optional();
const count = z.coerce.number().int().positive();

/** Every variable convoy reads, with its meaning: `docs/settings.md` and `.env.example` are made of it. */
export const environmentSchema = z.object({
  CONVOY_PROFILE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes")
    .default("default")
    .describe("name of the embedded stack and its state; several stacks can run side by side"),
  CONVOY_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("the least severe log lines that are kept"),
  CONVOY_LOCAL_WORKERS: z
    .enum(["auto", "always", "never"])
    .default("auto")
    .describe("whether to start workers on this machine; auto: with a configured Temporal only if none serves the current build"),
  CONVOY_DATA_WORKERS: count.default(1).describe("number of data workers of the embedded stack"),
  CONVOY_GPU_WORKERS: count
    .default(1)
    .describe(
      "number of gpu workers of the embedded stack: so many trainings run at the same time; without a GPU they share the CPU's cores",
    ),
  CONVOY_DATA_SLOTS: count.default(2).describe("number of data stages that one worker runs at a time"),
  CONVOY_THREADS: count
    .optional()
    .describe("TensorFlow's intra-op threads (default: number of cores); changes results in the last bits, so it is recorded"),
  CONVOY_TENSORFLOW: z
    .enum(["auto", "cpu", "gpu"])
    .default("auto")
    .describe("which TensorFlow to install and use; auto: gpu where an NVIDIA driver is present"),
  CONVOY_ONEDNN: z
    .enum(["on", "off"])
    .default("on")
    .describe("oneDNN's CPU kernels; off is slower, but gives equal bits on more kinds of CPUs; recorded"),
  CONVOY_XLA: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "XLA clustering of training steps on a GPU: compiles for some seconds more, speeds up only networks without convolutions, changes the last bits; recorded",
    ),
  CONVOY_TF32: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "TF32, a GPU's products with shortened mantissas: faster, but they agree with the CPU's to three digits only; recorded",
    ),
  CONVOY_GPU_CLASS: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes")
    .default("default")
    .describe(
      "the class that a gpu worker belongs to; runs begin on `default`, and `convoy resume RUN --gpu CLASS` moves a training to another class",
    ),
  CONVOY_S3_SERVER: z
    .enum(["auto", "versitygw", "seaweedfs"])
    .default("auto")
    .describe("which S3 server to embed; auto: versitygw where Go can build it"),
  CONVOY_S3_FOLDER: text.describe(
    "folder of the embedded S3 server's buckets, where each stored file is synced to disk and read without a request; set by the stack",
  ),
  CONVOY_KEEP_RUNS_DAYS: count
    .optional()
    .describe(
      "days after which `convoy gc` deletes ended runs that are not tagged `keep` and that no model version came from; without it runs are kept",
    ),
  CONVOY_REFERENCE_DATA: text.describe("folder with the real data of the reference cases, for `npm run reference`"),
  CONVOY_BUILD_ID: text.describe("the build that a worker serves (default: its own); set by whoever starts the worker"),
  CONVOY_HEALTH_ADDRESS: listenAddress.describe(
    "host:port for a worker's /healthz and /readyz, such as 0.0.0.0:8080 in a cluster (default: no endpoint)",
  ),
  CONVOY_NOTIFY_WEBHOOK: text.describe(
    "https:// address to which workers POST notifications of runs, as JSON; a secret, never logged or stored; set it before `convoy up`",
  ),
  CONVOY_NOTIFY_COMMAND: text.describe(
    "shell command that workers run for each notification, with the same JSON on stdin; set it before `convoy up`",
  ),
  CONVOY_NOTIFY_ON: z
    .string()
    .trim()
    .default("done,failed,waiting")
    .transform((words) => words.split(",").map((word) => word.trim()))
    .pipe(z.array(z.enum(["done", "failed", "waiting", "cancelled"])))
    .describe("which runs to notify of, separated by commas: done, failed, waiting, cancelled"),
  CONVOY_METRICS_ADDRESS: listenAddress.describe("host:port for a worker's Prometheus metrics (default: no endpoint)"),
  CONVOY_SERVE_TOKEN: text.describe(
    "token that requests to `convoy serve` must carry; required if it listens beyond this machine",
  ),
  TEMPORAL_ADDRESS: text.describe("host:port of a Temporal server (default: that of temporal.toml, else the embedded one)"),
  TEMPORAL_NAMESPACE: text.describe("Temporal namespace (default: default)"),
  TEMPORAL_API_KEY: text.describe("Temporal API key; never logged or stored"),
  TEMPORAL_TLS: text.describe("true: connect to Temporal by TLS without a client certificate"),
  TEMPORAL_CONFIG_FILE: text.describe("path of temporal.toml, if not the standard one"),
  TEMPORAL_PROFILE: text.describe("profile to use from temporal.toml"),
  S3_ENDPOINT: text.describe("URL of an S3-compatible server, or `aws` for AWS itself (default: the embedded one)"),
  S3_BUCKET: z.string().trim().min(1).default("convoy").describe("bucket; created if it does not exist and that is allowed"),
  S3_PREFIX: z
    .string()
    .trim()
    .regex(/^[^/].*[^/]$|^[^/]?$/, "no slash at either end")
    .default("")
    .describe("prefix of every key"),
  S3_REGION: text.describe("region (default: AWS_REGION, else us-east-1)"),
  S3_ADDRESSING: z
    .enum(["auto", "path", "virtual"])
    .default("auto")
    .describe("how the bucket is addressed; auto: path style for endpoints other than AWS"),
  S3_SOURCE_ENDPOINT: text.describe(
    "server of s3:// sources: a URL, or `aws` (default: that of convoy's own bucket, with its credentials)",
  ),
  S3_SOURCE_REGION: text.describe("its region (default: AWS_REGION, else us-east-1)"),
  S3_SOURCE_ACCESS_KEY_ID: text.describe(
    "its access key (default: the AWS default chain; beside an embedded S3 server without the environment's keys, which are that server's)",
  ),
  S3_SOURCE_SECRET_ACCESS_KEY: text.describe("the secret of that key; never logged or stored"),
  S3_SOURCE_SESSION_TOKEN: text.describe("session token of temporary credentials; never logged or stored"),
  AWS_PROFILE: text.describe("profile of the AWS default chain"),
  AWS_REGION: text.describe("region of the AWS default chain"),
  AWS_ACCESS_KEY_ID: text.describe("access key (default: the AWS default chain: profile, container, instance)"),
  AWS_SECRET_ACCESS_KEY: text.describe("the secret of that key; never logged or stored"),
  AWS_SESSION_TOKEN: text.describe("session token of temporary credentials; never logged or stored"),
  XDG_CACHE_HOME: text.describe(
    "programs, copies of artifacts and compiled graphs go to $XDG_CACHE_HOME/convoy (default: ~/.cache); a relative path is ignored",
  ),
  XDG_DATA_HOME: text.describe(
    "the state of embedded stacks goes to $XDG_DATA_HOME/convoy/<profile> (default: ~/.local/share); a relative path is ignored",
  ),
  NO_COLOR: text.describe("no color and no animation"),
  FORCE_COLOR: text.describe("color even if the output is not a terminal"),
  TERM: text.describe("dumb: no color and no animation"),
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

/**
 * Reads where to listen: `host:port`, an IPv6 address in brackets.
 * @returns null where it is no such thing
 */
export function parseListenAddress(address: string): { host: string; port: number } | null {
  const [, v6, name, port = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = v6 ?? name;
  return host === undefined || Number(port) > 65_535 ? null : { host, port: Number(port) };
}

import type { Environment } from "../environment.ts";
import { InvalidConfiguration } from "../ml/errors.ts";

/** Query parameters that let in whoever has the address: presigned ones of S3, Google and Azure, and tokens. */
const secretParameters =
  "X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|Signature|sig|(?:access_|api_|auth_)?token|api[-_]?key|password";

const patterns: readonly [RegExp, string][] = [
  // user:password@ in addresses
  [/\/\/[^/@\s"']+@/g, "//***@"],
  // presigned addresses and tokens
  [new RegExp(`([?&;](?:${secretParameters}))=[^&\\s"']+`, "gi"), "$1=***"],
  // authorization headers
  [/(authorization["']?\s*[:=]\s*["']?)(?:bearer\s+|AWS4-HMAC-SHA256\s+)?[^"',\s]+/gi, "$1***"],
];

/**
 * Text with keys, presigned signatures and `user:password@` removed. The values of secret settings are removed wherever they stand.
 * Used on every log line, and on messages before they reach a record or a page.
 */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  for (const secret of knownSecrets) clean = clean.replaceAll(secret, "***");
  return clean;
}

/**
 * Lists of source files keep addresses, for workers to fetch them by: none with a secret in it may get so far.
 * @throws {InvalidConfiguration} with the ways to do without
 */
export function refuseSecretAddress(address: string): void {
  const shown = withoutSecrets(address);
  if (shown === address) return;
  throw new InvalidConfiguration(
    `dataset.path ${shown}: an address with a password, token or signature in it would be kept with every run of it. Give s3://<bucket>/<key>, ` +
      "whose keys are taken from the environment (S3_SOURCE_ENDPOINT names another server), or download it and give its folder",
  );
}

const knownSecrets = new Set<string>();

/** Settings whose values let in whoever has them. */
export const secretSettings = [
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "CONVOY_NOTIFY_WEBHOOK",
  "CONVOY_SERVE_TOKEN",
  "S3_SOURCE_SECRET_ACCESS_KEY",
  "S3_SOURCE_SESSION_TOKEN",
  "TEMPORAL_API_KEY",
] as const satisfies readonly (keyof Environment)[];

/** Names the values of secret settings at start, so that {@link withoutSecrets} finds them anywhere. Short ones are left: they hide too much. */
export function hideSecrets(environment: Pick<Partial<Environment>, (typeof secretSettings)[number]>): void {
  for (const name of secretSettings) {
    const value = environment[name];
    if (value !== undefined && value.length >= 8) knownSecrets.add(value);
  }
}

const patterns: readonly [RegExp, string][] = [
  // user:password@ in addresses
  [/\/\/[^/@\s"']+@/g, "//***@"],
  // presigned URLs and session tokens
  [/(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"']+/gi, "$1=***"],
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

const knownSecrets = new Set<string>();

/** Names a secret's value at start, so that {@link withoutSecrets} finds it anywhere. Short values are left: they hide too much. */
export function hideSecret(value: string | undefined): void {
  if (value !== undefined && value.length >= 8) knownSecrets.add(value);
}

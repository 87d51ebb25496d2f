/** Polls until the condition holds; fails with its last error, or a plain sentence, after the time is up. */
export async function waitUntil(
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 120_000, everyMs = 200 } = {},
): Promise<void> {
  let lastError: unknown = null;
  for (const end = Date.now() + timeoutMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, everyMs))) {
    try {
      if (await condition()) return;
      lastError = null;
    } catch (error) {
      lastError = error;
    }
  }
  throw new Error(`Waited ${timeoutMs} ms in vain`, { cause: lastError });
}

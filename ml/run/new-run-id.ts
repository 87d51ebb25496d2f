const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** 2020-01-01T00:00:00Z. */
const epochMs = 1_577_836_800_000;

/**
 * A run id: sorts by time, twelve characters, no letters that read alike (Crockford's base 32): eight of seconds since 2020 with
 * a 1/32 s digit, four of chance.
 */
export function newRunId(nowMs: number, random: () => number): string {
  let ticks = Math.floor(((nowMs - epochMs) * 32) / 1000);
  let id = "";
  for (let i = 0; i < 8; i++) {
    id = alphabet[ticks % 32] + id;
    ticks = Math.floor(ticks / 32);
  }
  for (let i = 0; i < 4; i++) id += alphabet[Math.floor(random() * 32)];
  return id;
}

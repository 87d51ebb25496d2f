/** Numbers and times as people read them; always in the same words, whatever the machine's language. */

/** `0.8 s`, `42 s`, `3 min 05 s`, `2 h 04 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "-";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `0:07`, `12:34`, `1:02:03`: for what counts down or up on screen. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const rest = `${whole >= 3600 ? pad(Math.floor((whole % 3600) / 60)) : Math.floor(whole / 60)}:${pad(whole % 60)}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}

/** `60,000`; large values without decimals, small ones with two significant digits. */
export function quantity(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const digits = Math.abs(value) >= 10 || Number.isInteger(value) ? 0 : 1;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Four decimals, as Keras prints them; a dash for what was not measured. */
export function metric(value: number | null | undefined): string {
  return typeof value === "number" ? value.toFixed(4) : "-";
}

/** `3.2 MB`: powers of ten, as disks and networks are sold. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** A moment in local time, to the minute. */
export function moment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** For where there is one line only: errors of validators come in many, and a class or file may have line breaks in its name. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Quotes a word for a POSIX shell, only where it needs it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

import { isOwnMistake } from "./own-mistake.ts";

/** One thing that was looked at. */
export interface HealthCheck {
  name: string;
  status: "ok" | "warning" | "problem";
  message: string;
  /** The command or setting that fixes it. */
  hint: string | null;
}

export function ok(name: string, message: string): HealthCheck {
  return { name, status: "ok", message, hint: null };
}

export function warning(name: string, message: string, hint: string): HealthCheck {
  return { name, status: "warning", message, hint };
}

export function problem(name: string, message: string, hint: string): HealthCheck {
  return { name, status: "problem", message, hint };
}

/** A server that was asked in vain: by what it answered, or because convoy could not even ask. */
export function unanswered(name: string, { where, error, hint }: { where: string; error: unknown; hint: string }): HealthCheck {
  if (isOwnMistake(error))
    return problem(name, `${where}: not asked, by a mistake of convoy's own: ${error.stack}`, "report it, with all of this");
  return problem(name, `${where}: ${error instanceof Error ? error.message : String(error)}`, hint);
}

import { isOwnMistake } from "./own-mistake.ts";

/** One thing that was looked at. */
export interface HealthCheck {
  name: string;
  status: "ok" | "warning" | "problem";
  message: string;
  /** The command or setting that mends it. */
  mend: string | null;
}

export function ok(name: string, message: string): HealthCheck {
  return { name, status: "ok", message, mend: null };
}

export function warning(name: string, message: string, mend: string): HealthCheck {
  return { name, status: "warning", message, mend };
}

export function problem(name: string, message: string, mend: string): HealthCheck {
  return { name, status: "problem", message, mend };
}

/** A server that was asked in vain: by what it answered, or because convoy could not even ask. */
export function unanswered(name: string, { where, error, mend }: { where: string; error: unknown; mend: string }): HealthCheck {
  if (isOwnMistake(error))
    return problem(name, `${where}: not asked, by a mistake of convoy's own: ${error.stack}`, "report it, with all of this");
  return problem(name, `${where}: ${error instanceof Error ? error.message : String(error)}`, mend);
}

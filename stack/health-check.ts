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

import { afterAll } from "vitest";

const before = { ...process.env };

// Files share a process: none sees variables that another one set.
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

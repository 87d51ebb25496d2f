import { importInfra } from "../infra/import-local.ts";

/** The folder of the present build, which is made first where it is not there: for tests that look at what users run as a process. */
export async function presentBuild(): Promise<string> {
  const { freshBuild } = await importInfra<{ freshBuild: () => Promise<string> }>("build.mjs");
  return freshBuild();
}

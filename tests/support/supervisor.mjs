// A supervisor in a process of its own, so that it can be killed or suspended: `node supervisor.mjs <build folder> <work.json>`.
// Prints one JSON line for each log line, then how it ended.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [, , build, workPath] = process.argv;
const { runTrainer } = await import(join(build, "activities", "trainer-process.js"));
const { job, settings } = JSON.parse(readFileSync(workPath, "utf8"));
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const at = (level) => (fields, message) => say({ level, message, fields });
const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };

try {
  const { result } = await runTrainer(job, settings, {
    signal: new AbortController().signal,
    log,
    onProgress: (progress) => say({ progress }),
  });
  say({ result });
} catch (error) {
  say({ error: { name: error.name, message: error.message } });
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freshBuild } from "./build.mjs";
import { root } from "./paths.mjs";

/** What can be measured (`npm run bench -- NAME`) and what can be broken (`npm run chaos -- NAME`): a file of bench/ each. */
const programs = {
  bench: {
    augment: "augmentation speed beside Keras' ImageDataGenerator",
    check: "seconds of the stage check on 100,000 images of 28×28",
    ingest: "decoding speed beside a Pillow loop, and what a second worker adds",
    overhead: "what convoy adds to bare Temporal activities, and its wall clock beside Metaflow's",
    reference: "a reference case at full length on its real data: npm run reference -- CASE",
    sweep: "epochs that ASHA takes to find what training every setting to its end finds",
    serve: "single images a second that convoy serve answers, and how late at half load",
    training: "training speed beside stock tfjs-node and Keras; with --gpu beside PyTorch",
  },
  chaos: {
    "chaos-training": "kills trainer, supervisor and data worker at random moments and compares the final weights",
    "chaos-sweep": "kills trainer and workers of a sweep of a thousand trials and compares all values",
    "chaos-outage": "takes storage and Temporal away in the middle of a training and gives them back",
  },
};

const args = process.argv.slice(2);
const kind = args[0] === "--chaos" ? "chaos" : "bench";
const [name, ...rest] = kind === "chaos" ? args.slice(1) : args;
const prefix = kind === "chaos" ? "chaos-" : "";
const known = Object.keys(programs[kind]).filter((file) => existsSync(join(root, "bench", `${file}.ts`)));

if (known.includes(`${prefix}${name}`)) await start(`${prefix}${name}`);
else explain();

/** Runs it from the present build, so that what is measured is what users run. */
async function start(file) {
  const directory = await freshBuild();
  process.argv.splice(2, process.argv.length, ...rest);
  await import(pathToFileURL(join(directory, "bench", `${file}.js`)).href);
}

function explain() {
  const isAsked = name === undefined || name === "--help" || name === "-h";
  const lines = known.map((file) => `  ${file.slice(prefix.length).padEnd(12)}${programs[kind][file]}`);
  if (!isAsked) lines.unshift(`error: there is no ${kind} named "${name}"; there are:`);
  lines.push("", `npm run ${kind} -- NAME            a table`, `npm run -s ${kind} -- NAME --json   one JSON document on stdout`);
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exitCode = isAsked ? 0 : 2;
}

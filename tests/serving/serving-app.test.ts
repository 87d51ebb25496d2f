import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";

import { TrainerCrashed } from "../../ml/errors.ts";
import type { ModelVersion } from "../../ml/register/schema.ts";
import { MicroBatcher } from "../../serving/micro-batcher.ts";
import type { ServingOptions } from "../../serving/serving-app.ts";
import { createServingApp } from "../../serving/serving-app.ts";
import { ServingMetrics } from "../../serving/serving-metrics.ts";
import { keptLog } from "../support/quiet-log.ts";

/** Two pixels an image; the probabilities are the pixels, so that each answer tells what it was asked. */
const version = {
  name: "pairs",
  version: 3,
  signature: {
    input: { shape: [1, 2, 1], dtype: "uint8", channels: 1 },
    preprocessing: { resize: "stretch", kernel: "nearest" },
    classes: ["left", "right"],
    threshold: 0.5,
    batchSize: 4,
  },
} as unknown as ModelVersion;
const predictor = { batchSize: 4, predict: async (pixels: Uint8Array) => Float32Array.from(pixels, (value) => value / 256) };

let options: ServingOptions;
let log: ReturnType<typeof keptLog>;
beforeEach(() => {
  log = keptLog();
  const batcher = new MicroBatcher(predictor, { classCount: 2, onBatch: () => {} });
  options = {
    name: "pairs",
    holder: { served: { version, batcher } },
    metrics: new ServingMetrics(),
    token: null,
    isDraining: () => false,
    log,
  };
});

interface Asked {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

async function ask(path: string, { method, body, headers = {} }: Asked = {}) {
  const init = body === undefined ? {} : { body: Uint8Array.from(Buffer.from(body)) };
  const length: Record<string, string> = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const request = new Request(`http://127.0.0.1${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...length, ...headers },
    ...init,
  });
  const response = await createServingApp(options).request(request);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, json: () => JSON.parse(bytes.toString("utf8")) as unknown };
}

const infer = (request: unknown, asked: Asked = {}) => ask("/v2/models/pairs/infer", { body: JSON.stringify(request), ...asked });
const pixels = (change: object = {}) => ({
  inputs: [{ name: "images", datatype: "UINT8", shape: [2, 1, 2, 1], data: [64, 192, 128, 0], ...change }],
});
const answer = {
  model_name: "pairs",
  model_version: "3",
  outputs: [
    { name: "probabilities", datatype: "FP32", shape: [2, 2], data: [0.25, 0.75, 0.5, 0] },
    { name: "classes", datatype: "BYTES", shape: [2], data: ["right", "left"] },
  ],
};
const png = (values: number[]) =>
  sharp(Uint8Array.from(values), { raw: { height: 1, width: 2, channels: 1 } })
    .png()
    .toBuffer();

describe("inference", () => {
  test("answers pixels in JSON, flat or nested, and gives the request's id back", async () => {
    const flat = await infer({ id: "r1", ...pixels() });
    const nested = await ask("/v2/models/pairs/versions/3/infer", {
      body: JSON.stringify(pixels({ data: [[[[64], [192]]], [[[128], [0]]]] })),
    });

    expect(flat).toMatchObject({ status: 200 });
    expect(flat.json()).toEqual({ id: "r1", ...answer });
    expect(nested.json()).toEqual(answer);
  });

  test("answers image files: in base64, or one alone", async () => {
    const [first, second] = [await png([64, 192]), await png([128, 0])];
    const data = [first, second].map((file) => file.toString("base64"));

    const both = await infer({ inputs: [{ name: "images", datatype: "BYTES", shape: [2], data }] });
    const alone = await ask("/v2/models/pairs/infer", { body: first, headers: { "content-type": "image/png" } });

    expect(both.json()).toEqual(answer);
    expect(alone.json()).toMatchObject({ outputs: [{ shape: [1, 2], data: [0.25, 0.75] }, { data: ["right"] }] });
  });

  test("says of a model with a reader of its own what to do with files that only that one decodes", async () => {
    const preprocessing = { ...version.signature.preprocessing, reader: "./dicom.ts" };
    const { batcher } = options.holder.served!;
    options.holder = {
      served: { version: { ...version, signature: { ...version.signature, preprocessing } } as ModelVersion, batcher },
    };

    const refused = await ask("/v2/models/pairs/infer", {
      body: "DICM…",
      headers: { "content-type": "application/octet-stream" },
    });

    expect([refused.status, refused.json()]).toEqual([
      400,
      {
        error: expect.stringMatching(
          /image 0 cannot be read: .*\.\/dicom\.ts.*send their pixels, or use `convoy predict`/,
        ) as string,
      },
    ]);
  });

  test("takes and gives tensors behind the JSON, as Triton's clients do", async () => {
    const files = [await png([64, 192]), await png([128, 0])];
    const binary = Buffer.concat(
      files.flatMap((file) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(file.length);
        return [length, file];
      }),
    );
    const input = { name: "images", datatype: "BYTES", shape: [2], parameters: { binary_data_size: binary.length } };
    const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));

    const { bytes, headers } = await ask("/v2/models/pairs/infer", {
      body: Buffer.concat([head, binary]),
      headers: { "inference-header-content-length": String(head.length), "content-type": "application/octet-stream" },
    });

    const jsonLength = Number(headers.get("inference-header-content-length"));
    expect(JSON.parse(bytes.subarray(0, jsonLength).toString("utf8"))).toMatchObject({
      outputs: [
        { name: "probabilities", parameters: { binary_data_size: 16 } },
        { name: "classes", parameters: { binary_data_size: 17 } },
      ],
    });
    const behind = bytes.subarray(jsonLength);
    expect([0, 4, 8, 12].map((at) => behind.readFloatLE(at))).toEqual([0.25, 0.75, 0.5, 0]);
    expect(behind.subarray(16).toString("latin1")).toBe("\u0005\0\0\0right\u0004\0\0\0left");
  });

  test("gives only the outputs that are asked for", async () => {
    const { json } = await infer({ ...pixels(), outputs: [{ name: "classes" }] });

    expect(json()).toEqual({ ...answer, outputs: [answer.outputs[1]] });
  });

  test.each([
    ["what is no JSON", "{", /the body is not JSON/],
    ["no inputs", JSON.stringify({}), /inputs: /],
    [
      "an input of another name",
      JSON.stringify({ inputs: [{ ...pixels().inputs[0], name: "x" }] }),
      /named "images"; received x/,
    ],
    [
      "normalized pixels",
      JSON.stringify(pixels({ data: [0.5, 1, 0, 0] })),
      /whole numbers from 0 to 255, not normalized; received 0.5/,
    ],
    [
      "another shape",
      JSON.stringify(pixels({ shape: [2, 2, 1, 1] })),
      /shape \[images, 1, 2, 1\]; received \[2,2,1,1\]|received \[2, 2, 1, 1\]/,
    ],
    ["too few values", JSON.stringify(pixels({ data: [1] })), /takes 4 values; received 1/],
    [
      "another type",
      JSON.stringify(pixels({ datatype: "FP32" })),
      /must be UINT8 \(pixels\) or BYTES \(image files\); received FP32/,
    ],
    ["an unknown output", JSON.stringify({ ...pixels(), outputs: [{ name: "logits" }] }), /no output "logits"/],
    [
      "a file that is no image",
      JSON.stringify({ inputs: [{ name: "images", datatype: "BYTES", shape: [1], data: ["aGVsbG8="] }] }),
      /image 0 cannot be read: is no JPEG/,
    ],
    [
      "binary data that is not there",
      JSON.stringify({ inputs: [{ name: "images", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 9 } }] }),
      /binary_data_size is 9, but 0 bytes follow/,
    ],
  ])("refuses %s with 400 and the reason", async (_, body, reason) => {
    const { status, json } = await ask("/v2/models/pairs/infer", { body });

    expect(status).toBe(400);
    expect(json()).toEqual({ error: expect.stringMatching(reason) as string });
  });

  test("says with 503 that it cannot answer now: loading, dying, or too much at a time", async () => {
    options.limits = { requests: 0 };
    expect(await infer(pixels())).toMatchObject({ status: 503 });
    options.limits = {};
    options.holder = { served: null };
    expect(await infer(pixels())).toMatchObject({ status: 503 });
    const dead = { batchSize: 4, predict: () => Promise.reject(new TrainerCrashed("signal SIGKILL")) };
    options.holder = { served: { version, batcher: new MicroBatcher(dead, { classCount: 2, onBatch: () => {} }) } };
    const died = await infer(pixels());
    expect(died.status).toBe(503);
    expect(died.headers.get("retry-after")).toBe("1");
  });

  test("logs what went wrong here, and nothing of what was wrong with a request", async () => {
    const broken = { batchSize: 4, predict: () => Promise.reject(new Error("out of memory")) };
    options.holder = { served: { version, batcher: new MicroBatcher(broken, { classCount: 2, onBatch: () => {} }) } };

    expect((await infer(pixels({ shape: [9] }))).status).toBe(400);
    expect(log.lines).toEqual([]);
    expect((await infer(pixels())).status).toBe(500);
    expect(log.lines).toMatchObject([{ level: "error", message: expect.stringContaining("out of memory") }]);
  });

  test("bounds bodies before they are read", async () => {
    options.limits = { requestBytes: 10 };
    expect(await infer(pixels())).toMatchObject({ status: 413 });
    expect(await ask("/v2/models/pairs/infer", { method: "POST" })).toMatchObject({ status: 411 });
    options.limits = {};
    const many = await infer(pixels({ shape: [2000, 1, 2, 1] }));
    expect(many.status).toBe(413);
    expect(many.json()).toEqual({ error: "at most 1024 images a request; received 2000" });
  });
});

describe("the server", () => {
  test("describes the model, its inputs and outputs", async () => {
    expect((await ask("/v2/models/pairs")).json()).toEqual({
      name: "pairs",
      versions: ["3"],
      platform: "convoy",
      inputs: [{ name: "images", datatype: "UINT8", shape: [-1, 1, 2, 1] }],
      outputs: [
        { name: "probabilities", datatype: "FP32", shape: [-1, 2] },
        { name: "classes", datatype: "BYTES", shape: [-1] },
      ],
      parameters: { classes: ["left", "right"], threshold: 0.5 },
    });
    expect((await ask("/v2")).json()).toMatchObject({ extensions: ["binary_tensor_data"] });
  });

  test.each([
    ["/v2/models/other", 404, /no model "other" here; it is pairs/],
    ["/v2/models/pairs/versions/2", 404, /version 2 of pairs does not answer here; version 3 does/],
    ["/v1/models/pairs", 404, /there is no \/v1/],
    ["/v2/models/pairs/infer", 405, /POST/],
  ])("answers GET %s with %i and the reason", async (path, status, reason) => {
    const response = await ask(path);

    expect(response.status).toBe(status);
    expect(response.json()).toEqual({ error: expect.stringMatching(reason) as string });
  });

  test("is live always, and ready while a version answers and it does not drain", async () => {
    const statuses = async () => [(await ask("/v2/health/live")).status, (await ask("/v2/health/ready")).status];

    expect(await statuses()).toEqual([200, 200]);
    options.isDraining = () => true;
    expect(await statuses()).toEqual([200, 503]);
    options.isDraining = () => false;
    options.holder = { served: null };
    expect(await statuses()).toEqual([200, 503]);
  });

  test("with a token answers who bears it, and health probes", async () => {
    options.token = "a long random text";
    const asked = async (authorization?: string) =>
      (await ask("/v2/models/pairs", { headers: authorization ? { authorization } : {} })).status;

    expect(await asked()).toBe(401);
    expect(await asked("Bearer guess")).toBe(401);
    expect(await asked("Bearer a long random text")).toBe(200);
    expect((await ask("/metrics")).status).toBe(401);
    expect((await ask("/v2/health/ready")).status).toBe(200);
  });

  test("without a token answers no page in a browser that took another name for this machine", async () => {
    const response = await createServingApp(options).request("http://evil.example/v2/models/pairs");

    expect(response.status).toBe(403);
  });

  test("counts requests, and says so in Prometheus' format", async () => {
    await infer(pixels());
    await infer({});

    const text = (await ask("/metrics")).bytes.toString("utf8");

    expect(text).toContain('convoy_serve_requests_total{route="/v2/models/:name/infer",status="200"} 1');
    expect(text).toContain('convoy_serve_requests_total{route="/v2/models/:name/infer",status="400"} 1');
    expect(text).toContain("convoy_serve_request_seconds_count 2");
  });
});

import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a serving process tells Prometheus. Each has a registry of its own. */
export class ServingMetrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly requests = new Counter({
    name: "convoy_serve_requests_total",
    help: "Requests by route and HTTP status",
    labelNames: ["route", "status"],
    registers: this.#registers,
  });
  readonly seconds = new Histogram({
    name: "convoy_serve_request_seconds",
    help: "From a request's head to its answer, inference only",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: this.#registers,
  });
  readonly batchRows = new Histogram({
    name: "convoy_serve_batch_images",
    help: "Images computed together",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: this.#registers,
  });
  readonly batchSeconds = new Histogram({
    name: "convoy_serve_batch_seconds",
    help: "How long a batch is computed",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: this.#registers,
  });
  readonly version = new Gauge({
    name: "convoy_serve_model_version",
    help: "Number of the version that answers",
    registers: this.#registers,
  });
  readonly versionChanges = new Counter({
    name: "convoy_serve_version_changes_total",
    help: "Attempts to serve another version, or the same one in a new process",
    labelNames: ["result"],
    registers: this.#registers,
  });

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

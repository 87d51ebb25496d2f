import { RequestRefused } from "./request-refused.ts";

export interface AdmissionLimits {
  requestBytes: number;
  /** Of all bodies at a time. */
  totalBytes: number;
  requests: number;
}

const standardLimits: AdmissionLimits = { requestBytes: 32 * 2 ** 20, totalBytes: 256 * 2 ** 20, requests: 512 };

/** Bounds what is in memory at a time: who comes beyond is sent away at once, before his body is read. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #requests = 0;
  #bytes = 0;

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.#limits = { ...standardLimits, ...limits };
  }

  /**
   * Lets one request in.
   * @param contentLength its header; a body of unknown length is not read
   * @returns to be called when it is answered
   * @throws {RequestRefused}
   */
  enter(contentLength: string | undefined): () => void {
    const { requestBytes, totalBytes, requests } = this.#limits;
    if (contentLength === undefined || !/^\d{1,15}$/.test(contentLength)) throw new RequestRefused(411, "send Content-Length");
    const bytes = Number(contentLength);
    if (bytes > requestBytes)
      throw new RequestRefused(
        413,
        `a request has at most ${requestBytes} bytes; received ${bytes}: send fewer images at a time`,
      );
    if (this.#requests >= requests || this.#bytes + bytes > totalBytes)
      throw new RequestRefused(503, `${this.#requests} requests are being answered; try again in a second`);
    this.#requests++;
    this.#bytes += bytes;
    return () => {
      this.#requests--;
      this.#bytes -= bytes;
    };
  }
}

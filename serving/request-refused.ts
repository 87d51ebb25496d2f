/** Thrown when a request cannot be answered as it is; the message is the answer. */
export class RequestRefused extends Error {
  override name = "RequestRefused";
  readonly status: 400 | 401 | 403 | 404 | 405 | 411 | 413 | 415 | 503;
  constructor(status: RequestRefused["status"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

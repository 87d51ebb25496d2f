/** Thrown when a server, a program or a permission that is needed is missing or out of reach: exit 3. */
export class Unavailable extends Error {
  override name = "Unavailable";
  /** The command or setting that fixes it. */
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

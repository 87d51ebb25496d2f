/** Thrown when a server, a program or a permission that is needed is missing or out of reach: exit 3. */
export class Unavailable extends Error {
  override name = "Unavailable";
  /** The command or setting that mends it. */
  readonly mend: string;
  constructor(message: string, mend: string, options?: ErrorOptions) {
    super(message, options);
    this.mend = mend;
  }
}

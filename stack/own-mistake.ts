/** What Temporal's client says, by a TypeError as well, of settings that it refuses. */
const refusedSettings = /^(Invalid address|Both `|`apiKey`)/;

/**
 * Whether an error is a mistake in convoy's own code, as JavaScript itself throws it, and none of a server, a setting or a file: what a person
 * could mend would be a wrong trail then. Node's own refusals of what it was given have a code.
 */
export function isOwnMistake(error: unknown): error is Error {
  const isLanguages = [TypeError, ReferenceError, RangeError].some((type) => error instanceof type);
  return isLanguages && error instanceof Error && !("code" in error) && !refusedSettings.test(error.message);
}

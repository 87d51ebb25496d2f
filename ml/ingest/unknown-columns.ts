import { InvalidConfiguration } from "../errors.ts";
import type { Dataset } from "./schema.ts";

/**
 * Refuses columns the data set does not carry: mistyped ones, and forbidden ones.
 * @param setting where they are named, for the message
 * @throws {InvalidConfiguration} naming those there are
 */
export function refuseUnknownColumns(
  names: readonly string[] | undefined,
  { columns }: Pick<Dataset, "columns">,
  setting: string,
): void {
  const known = columns.map(({ name }) => name);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length === 0) return;
  throw new InvalidConfiguration(
    `${setting}: the data set has no column ${unknown.map((name) => JSON.stringify(name)).join(", ")}; ` +
      `it has ${known.join(", ") || "none"}. Key, label, group and forbidden columns are not among them`,
  );
}

import { WrongRequest } from "./print-error.ts";

/** `--set key=value` and `--remove key` as changes by key; null removes. @throws {WrongRequest} where one is not key=value */
export function tagChanges({
  set,
  remove,
}: {
  set: readonly string[];
  remove: readonly string[];
}): Record<string, string | null> {
  const wanted = set.map((text): [string, string] => {
    const equals = text.indexOf("=");
    if (equals < 1) throw new WrongRequest(`a tag is key=value; received ${JSON.stringify(text)}`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return Object.fromEntries([...wanted, ...remove.map((key): [string, null] => [key, null])]);
}

type PathSegment = string | number;

/** The steps of a key as `--set` has them: `model.0.conv` leads into a list. Null where a part is empty. */
export function keyPath(key: string): PathSegment[] | null {
  const names = key.split(".");
  if (names.some((name) => name === "" || name === "__proto__")) return null;
  return names.map((name) => (/^\d+$/.test(name) ? Number(name) : name));
}

/**
 * Puts a value where its path leads, making mappings on the way; list entries must exist, or be the next one.
 *
 * @returns what is wrong, in words, where the path leads outside a list
 */
export function applySetting(root: Record<string, unknown>, path: readonly PathSegment[], value: unknown): string | undefined {
  let holder: Record<PathSegment, unknown> = root;
  for (const [depth, segment] of path.entries()) {
    if (Array.isArray(holder)) {
      const problem = outsideList(holder, segment, path.slice(0, depth));
      if (problem) return problem;
    }
    if (depth === path.length - 1) holder[segment] = value;
    else {
      const next = Object.hasOwn(holder, segment) ? holder[segment] : undefined;
      // A shorthand (`normalize: channel`, `- flatten`) gives way to the mapping that is being set.
      const child = typeof next === "object" && next !== null ? next : {};
      holder[segment] = child;
      holder = child as Record<PathSegment, unknown>;
    }
  }
  return undefined;
}

function outsideList(list: readonly unknown[], segment: PathSegment, path: readonly PathSegment[]): string | undefined {
  if (typeof segment === "number" && segment <= list.length) return undefined;
  const name = path.join(".");
  const entries = list.length === 0 ? "is an empty list" : `is a list whose entries are ${name}.0 to ${name}.${list.length - 1}`;
  return `\`${name}\` ${entries}; ${name}.${list.length} adds one`;
}

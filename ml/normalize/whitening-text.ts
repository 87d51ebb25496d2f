/** The bytes of a whitening's matrix, as they stand in a normalizer's JSON. */
export function whiteningText(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

/** @returns shape [values, values], flattened */
export function whiteningValues(whitening: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(whitening, "base64")).buffer);
}

/** Larger pieces are rare, and would stay for long. */
const largestKeptBytes = 16 * 1024 * 1024;
const leastBytes = 64 * 1024;

/**
 * Memory for files that are read, used and forgotten, many after each other. A new array for each costs as much as its reading does: its pages
 * are cleared first, and V8 collects garbage by the bytes that were allocated outside its heap.
 */
export class ReusedMemory {
  readonly #free: Buffer[] = [];
  readonly #taken = new Map<ArrayBufferLike, Buffer>();

  /** So many bytes, with whatever was in them. */
  take(sizeBytes: number): Buffer {
    const place = this.#free.findIndex(({ byteLength }) => byteLength >= sizeBytes);
    const [free] = this.#free.splice(place, 1); // the last one where all are too small: a larger one takes its place
    const whole =
      free && place !== -1 ? free : Buffer.allocUnsafeSlow(Math.max(leastBytes, 2 ** Math.ceil(Math.log2(sizeBytes))));
    this.#taken.set(whole.buffer, whole);
    return whole.subarray(0, sizeBytes);
  }

  /** Gives bytes back that nobody uses any more; others than those that were taken here are left alone. */
  give({ buffer }: Uint8Array): void {
    const whole = this.#taken.get(buffer);
    if (!whole) return;
    this.#taken.delete(buffer);
    if (whole.byteLength <= largestKeptBytes) this.#free.push(whole);
  }
}

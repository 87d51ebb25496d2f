import { concatenateBytes } from "./concatenate.ts";

/**
 * Protocol Buffers' wire format, as much as TensorFlow's graphs and TensorBoard's events need. Each function returns one encoded field.
 * @see https://protobuf.dev/programming-guides/encoding/
 */

const [varintType, fixed64Type, lengthType, fixed32Type] = [0, 1, 2, 5];

/** An integer, boolean or enum field; negative values take ten bytes, as int32 and int64 fields want them. */
export function varintField(field: number, value: number | boolean): Uint8Array {
  return Uint8Array.from([...varint(tag(field, varintType)), ...varint(Number(value))]);
}

export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return concatenateBytes([Uint8Array.from([...varint(tag(field, lengthType)), ...varint(bytes.length)]), bytes]);
}

export function stringField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

export function messageField(field: number, parts: Uint8Array[]): Uint8Array {
  return bytesField(field, concatenateBytes(parts));
}

export function floatField(field: number, value: number): Uint8Array {
  return concatenateBytes([Uint8Array.from(varint(tag(field, fixed32Type))), new Uint8Array(new Float32Array([value]).buffer)]);
}

export function doubleField(field: number, value: number): Uint8Array {
  return concatenateBytes([Uint8Array.from(varint(tag(field, fixed64Type))), new Uint8Array(new Float64Array([value]).buffer)]);
}

export function packedVarints(field: number, values: readonly (number | boolean)[]): Uint8Array {
  return bytesField(field, Uint8Array.from(values.flatMap((value) => varint(Number(value)))));
}

export function packedFloats(field: number, values: readonly number[]): Uint8Array {
  return bytesField(field, new Uint8Array(new Float32Array(values).buffer));
}

/** An entry of a `map<string, Message>` field. */
export function mapEntry(field: number, key: string, value: Uint8Array[]): Uint8Array {
  return messageField(field, [stringField(1, key), messageField(2, value)]);
}

function tag(field: number, type: number): number {
  return field * 8 + type;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

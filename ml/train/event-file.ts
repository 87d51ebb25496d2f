import { concatenateBytes } from "../concatenate.ts";
import { doubleField, floatField, messageField, stringField, varintField } from "../protobuf-wire.ts";
import type { EpochRecord } from "./schema.ts";

/**
 * The epochs as TensorBoard reads them: one file of scalars by epoch. Wall times are epoch numbers, so that equal trainings give equal files.
 *
 * @see tensorflow/core/lib/io/record_writer.h (length, masked crc32c, bytes, masked crc32c), tensorflow/core/util/event.proto
 */
export function eventFile(epochs: readonly EpochRecord[]): Uint8Array {
  const events = [stringField(3, "brain.Event:2")];
  for (const epoch of epochs) {
    for (const [tag, value] of scalars(epoch)) {
      const scalar = messageField(1, [stringField(1, tag), floatField(2, value)]);
      events.push(event(epoch.epoch, varintField(2, epoch.epoch), messageField(5, [scalar])));
    }
  }
  return concatenateBytes(events.map(record));
}

function scalars({ train, validation, learningRate, metrics = {} }: EpochRecord): [string, number][] {
  const measured: [string, number | null | undefined][] = [
    ["loss/train", train.loss],
    ["accuracy/train", train.accuracy],
    ["loss/validation", validation?.loss],
    ["accuracy/validation", validation?.accuracy],
    ["balancedAccuracy/validation", validation?.balancedAccuracy],
    ["auc/validation", validation?.auc],
    ["learningRate", learningRate],
    ...Object.entries(metrics).map(([name, value]): [string, number] => [`callbacks/${name}`, value]),
  ];
  return measured.filter((entry): entry is [string, number] => entry[1] !== null && entry[1] !== undefined);
}

/** One Event message: wall time in seconds, then what it says. */
function event(seconds: number, ...content: Uint8Array[]): Uint8Array {
  return concatenateBytes([doubleField(1, seconds), ...content]);
}

function record(data: Uint8Array): Uint8Array {
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(data.length), true);
  const lengthBytes = new Uint8Array(length.buffer);
  return concatenateBytes([lengthBytes, checksum(lengthBytes), data, checksum(data)]);
}

/** Masked, because a checksum of data that holds its own checksum is weak. */
function checksum(data: Uint8Array): Uint8Array {
  const crc = crc32c(data);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, masked, true);
  return new Uint8Array(bytes.buffer);
}

/** Castagnoli's polynomial, reflected. */
const polynomial = 0x82f63b78;
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** @see RFC 3720, appendix B.4 */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return (crc ^ 0xffffffff) >>> 0;
}

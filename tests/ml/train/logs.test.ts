import { readFile } from "node:fs/promises";

import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";

import { csvLog } from "../../../ml/train/csv-log.ts";
import { crc32c, eventFile } from "../../../ml/train/event-file.ts";
import type { EpochRecord } from "../../../ml/train/schema.ts";

const golden = JSON.parse(await readFile(new URL("../../golden/train-logs/goldens.json", import.meta.url), "utf8")) as {
  epochs: EpochRecord[];
  file: string;
};

test("an event file is byte for byte what TensorBoard's own writer makes", () => {
  expect(Buffer.from(eventFile(golden.epochs)).toString("base64")).toBe(golden.file);
});

test("the checksum is Castagnoli's", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test("a CSV log has a line an epoch with Keras' columns; what was not measured is empty, own metrics stand at the end", () => {
  const rows: unknown = parse(csvLog(golden.epochs), { columns: true });

  expect(rows).toEqual([
    expect.objectContaining({ epoch: "1", loss: "1.25", val_auc: "", learning_rate: "0.001", kappa: "-0.125", 'größe, "x"': "" }),
    expect.objectContaining({ epoch: "300", val_loss: "0.7", val_auc: "0.9", kappa: "0.6", 'größe, "x"': "2" }),
  ]);
  expect(csvLog([{ epoch: 1, train: { loss: 1, accuracy: 0 }, validation: null, learningRate: 0.1 }])).toBe(
    "epoch,accuracy,loss,val_accuracy,val_auc,val_balanced_accuracy,val_loss,learning_rate\n1,0,1,,,,,0.1\n",
  );
});

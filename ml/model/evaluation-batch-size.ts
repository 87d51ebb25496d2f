/**
 * Rows of the one batch shape in which a network's outputs are computed, in validation, evaluation and serving alike. Batch size changes
 * float results, so a prediction equals the evaluation bit for bit only in the same shape; the last batch is padded.
 * About 2^20 input values a batch: between 8 and 64 rows, a power of two. A single image that is asked about costs as much as a batch, so
 * larger ones would only make serving slow.
 */
export function evaluationBatchSize(image: { height: number; width: number; channels: number }): number {
  const rows = 2 ** 20 / (image.height * image.width * image.channels);
  return 2 ** Math.min(6, Math.max(3, Math.floor(Math.log2(rows))));
}

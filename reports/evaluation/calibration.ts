import type { Evaluation, LogitCorrection, Reliability } from "../../ml/evaluate/schema.ts";
import { reliabilityChart } from "../charts/reliability-chart.ts";
import { decimal, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

/** How far probabilities can be taken at their word; before and after, where they were corrected. */
export function calibration({ calibration: after, corrected, classes }: Evaluation): Html {
  const isBinary = classes.length === 2;
  return html`<div class="charts">
    ${corrected && chart("reliability-before", "Before the correction", corrected.before)}
    ${chart("reliability", corrected ? "After the correction" : "Reliability of the top answer", after)}
    <p>
      Expected calibration error ${percent(after.ece, 2)}, negative log-likelihood ${decimal(after.nll, 4)}, Brier score
      ${decimal(after.brier, 4)} (${isBinary ? "of the positive class, 0 to 1" : "over all classes, 0 to 2"}). Bars below the
      diagonal are answers given with too much confidence.
      ${!isBinary && "Probabilities, and areas under curves, are of the softmax over logits, under a head of sigmoid units too."}
      ${corrected ? correctionText(corrected.by, classes) : "With class weights, probabilities are not prevalences."}
    </p>
    ${corrected && beforeAndAfter(corrected.before, after)}
  </div>`;
}

/** What was done to the probabilities, in a sentence or two. */
export function correctionText({ method, temperature, offsets }: LogitCorrection, classes: readonly string[]): string {
  if (method === "temperature") {
    const direction = temperature > 1 ? "answers were too sure of themselves" : "answers were not sure enough of themselves";
    return `Logits are divided by a temperature of ${decimal(temperature, 4)}, fitted on validation: ${direction}.`;
  }
  const each = classes.map((name, code) => `${name} ${signed(offsets[code] ?? 0)}`).join(", ");
  return `Logits are moved from the class shares that training saw, class weights included, to those of the validation part: ${each}. Probabilities hold where classes are as frequent as there.`;
}

function chart(id: string, title: string, { bins, ece }: Reliability): Html {
  const description = `Accuracy by confidence in 15 bins; expected calibration error ${percent(ece)}.`;
  return reliabilityChart({ id, title, description, bins });
}

function beforeAndAfter(before: Reliability, after: Reliability): Html {
  return table({
    columns: ["measure", "before", "after"],
    rows: [
      ["expected calibration error", percent(before.ece, 2), percent(after.ece, 2)],
      ["negative log-likelihood", decimal(before.nll, 4), decimal(after.nll, 4)],
      ["Brier score", decimal(before.brier, 4), decimal(after.brier, 4)],
    ],
  });
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${decimal(Math.abs(value), 2)}`;
}

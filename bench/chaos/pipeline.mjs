// The pipeline that the storm goes over: two calls side by side and one that needs both. Each asks the model once.
import { z } from "zod";
import { productModule } from "../../scripts/cases/product.mjs";

/** The calls of a run, by the keys that they have in the store. */
export const CALLS = ["left", "right", "both"];
/** A call must outlive a slow machine; nothing in the storm fails, so attempts and delays never count. */
const POLICY = { timeoutMs: 120_000, maxAttempts: 3, delay: { form: "doubling", rateLimitedBaseMs: 1_000, serverStepMs: 1_000, maxMs: 1_000 } };

/** What a whole run gives in the end. */
export const answerOf = (runId) => `both of ${runId} after left of ${runId} and right of ${runId}`;

/** The pipeline. `ask({ runId, call })` asks the model for a line about the call. */
export async function stormPipeline(ask) {
  const { definePipeline, defineStage } = await productModule("lib/pipeline/define");
  const paidFor = ({ paid, runId }, call) =>
    paid("ask", { call }, async () => ({ answer: await ask({ runId, call }), usage: { input_tokens: 1, output_tokens: 1 }, model: "counting" }));
  const task = (id, after, run) => defineStage({ id, kind: "task", after, policy: POLICY, output: z.string(), run });
  const left = task("left", [], (context) => paidFor(context, "left"));
  const right = task("right", [], (context) => paidFor(context, "right"));
  const both = task("both", ["left", "right"], async (context) => {
    const before = await Promise.all([context.result(left), context.result(right)]);
    return `${await paidFor(context, "both")} after ${before.join(" and ")}`;
  });
  return definePipeline({ name: "storm", version: 1, stages: [left, right, both] });
}

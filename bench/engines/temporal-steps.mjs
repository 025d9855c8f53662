// The bare workflow, as Temporal's isolate loads it.
import { proxyActivities } from "@temporalio/workflow";

const { step } = proxyActivities({ startToCloseTimeout: "1 minute" });

export async function walk(run, steps) {
  for (let index = 0; index < steps; index++) await step(run, index);
}

// The engine embedded: no server. A dead process of this machine is known by its pid.
import { randomUUID } from "node:crypto";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
export const detectionMs = 5_000;
export const durable = false;

export async function startServer() {
  return { address: {}, stop: async () => undefined };
}

export const worker = () => ({});

export const bareIs = "a loop with the same writes";

/** A loop that writes, for each step, the two objects that a call is. */
export async function openBare({ store }) {
  const watch = createWatch();
  const waiting = [];
  const walking = new Set();
  let open = true;
  const record = () => Buffer.from(JSON.stringify({ v: 1, nonce: randomUUID(), filling: "x".repeat(120) }));
  const walk = async ({ id, stepMs }) => {
    for (let index = 0; index < STEPS && open; index++) {
      await store.putIfAbsent(`t/default/runs/${id}/claims/step-${index}_000001`, record(), "process-death");
      await doStep(stepMs, index, () => watch.begun(id));
      await store.putIfAbsent(`t/default/runs/${id}/results/step-${index}`, record());
    }
    watch.ended(id);
  };
  const pump = () => {
    while (open && walking.size < CONCURRENCY && waiting.length > 0) {
      const walked = walk(waiting.shift()).finally(() => {
        walking.delete(walked);
        pump();
      });
      walking.add(walked);
    }
  };
  const start = async (runs) => {
    waiting.push(...runs);
    pump();
  };
  return bareOf(watch, start, async () => {
    open = false;
    await Promise.all(walking);
  });
}

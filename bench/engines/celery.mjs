// The engine celery: Redis with a log on the disk.
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { productModule } from "../../scripts/cases/product.mjs";
import { bareOf, CONCURRENCY, createWatch, STEPS } from "./chain.mjs";
import { startProcess } from "./processes.mjs";
import { compiledTool } from "./tools.mjs";

/** The visibility timeout of the engine. */
export const detectionMs = 30_000;
export const durable = true;

export async function startServer() {
  const { startRedis } = await compiledTool("test/servers/redis");
  const { url, kill, restart, stop } = await startRedis({ durable: true });
  return { address: { url }, kill, restart, stop };
}

export const worker = ({ url }) => ({ variables: { CELERY_BROKER_URL: url }, settings: { celery: { broker: url } } });

/** The same for the command line. */
export const environment = ({ url }) => ({ CELERY_BROKER_URL: url });

export const bareIs = "Celery's own worker";

/** Celery's worker on a queue of its own, with as many threads as the product has calls at once, and a task that sends the next one. */
export async function openBare({ server }) {
  const { encodeTask } = await productModule("lib/engine/celery/protocol");
  const { installedServer } = await compiledTool("test/servers/installed");
  const watch = createWatch();
  const { url } = server.address;
  const [sender, listener] = [new Redis(url), new Redis(url)];
  await listener.subscribe("bare");
  const isReady = new Promise((resolve) => {
    listener.on("message", (_, message) => {
      const { what, id } = JSON.parse(message);
      if (what === "ready") resolve(true);
      else if (what === "begun") watch.begun(id);
      else watch.ended(id);
    });
  });
  const steps = fileURLToPath(new URL("celery-steps.py", import.meta.url));
  // It warns of being root, in a container too.
  const env = { ...process.env, PYTHONWARNINGS: "ignore" };
  const worker = startProcess(installedServer("celery"), [steps, url, String(STEPS), String(CONCURRENCY)], { env });
  await Promise.race([isReady, worker.ended]);
  if (worker.hasEnded()) throw new Error("Celery's worker ended before it was ready; what it said stands above.");
  const messageOf = ({ id, stepMs }) => encodeTask({ id, name: "step", args: [id, stepMs, 0], kwargs: {}, queue: "bare", priority: 0, origin: "bench" });
  const start = (runs) => sender.lpush("bare", ...runs.map(messageOf));
  return bareOf(watch, start, async () => {
    await worker.stop();
    for (const redis of [sender, listener]) redis.disconnect();
  });
}

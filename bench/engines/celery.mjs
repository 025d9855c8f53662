// The engine celery: Redis with a log on the disk.
import { Redis } from "ioredis";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
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

export const bareIs = "messages pushed and popped";

/** A list of messages, and as many takers as the product has calls at once; each step sends the next. */
export async function openBare({ server }) {
  const watch = createWatch();
  const connect = () => new Redis(server.address.url);
  const sender = connect();
  const takers = Array.from({ length: CONCURRENCY }, connect);
  let open = true;
  const take = async (redis) => {
    while (open) {
      const popped = await redis.brpop("bare", 1).catch(() => null);
      if (popped === null) continue;
      const { id, stepMs, index } = JSON.parse(popped[1]);
      await doStep(stepMs, index, () => watch.begun(id));
      if (index + 1 === STEPS) watch.ended(id);
      else await redis.lpush("bare", JSON.stringify({ id, stepMs, index: index + 1 }));
    }
  };
  const taking = takers.map(take);
  const start = (runs) => sender.lpush("bare", ...runs.map((run) => JSON.stringify({ ...run, index: 0 })));
  return bareOf(watch, start, async () => {
    open = false;
    for (const redis of [sender, ...takers]) redis.disconnect();
    await Promise.all(taking);
  });
}

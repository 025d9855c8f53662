/** The thread that works for Hatchet. It holds the SDK's worker and nothing of ours: every call is asked of the process. It ends when the engine went away, and with it everything that the SDK had open. */
import { setMaxListeners } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, PermanentError } from "../../schema/errors.ts";
import { explain, type HatchetSdk, loadSdk, openClient, type TellLog } from "./connect.ts";
import { openLink } from "./link.ts";
import type { FromThread, Question, ThreadData, ToThread } from "./protocol.ts";
import { declareWorkflows } from "./workflows.ts";

/** Stages have slots of their own, which cost nothing: the process decides how many calls are done at once. */
const DURABLE_SLOTS = 1_000;
const READY_MS = 10_000;

// The SDK listens to one signal once for every request, and to another for every child that it waits for.
setMaxListeners(0);
if (parentPort === null) throw new Error("This module runs in a thread.");
const port = parentPort;
const data: ThreadData = workerData;
const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
let asked = 0;
let isStopping = false;

const tell = (message: FromThread) => port.postMessage(message);
const log: TellLog = (message, reason) => tell({ is: "log", message, ...(reason === undefined ? {} : { reason }) });

/** The answers are those of the process's own doors, so they are what these promise. */
function ask<T>(question: Question): Promise<T> {
  const id = asked++;
  return new Promise<unknown>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    tell({ is: "asked", id, question });
  }) as Promise<T>;
}

async function start(sdk: HatchetSdk): Promise<() => Promise<void>> {
  const { access, shapes, slots, perTenant, name } = data;
  const client = openClient(sdk, access, log);
  const link = await openLink(client.config.host_port, access.tls);
  // Whatever is still going on here is the engine's to start again.
  void link.lost.then(() => process.exit());
  // One quick question: what follows is repeated for a quarter of a minute before the SDK says that the token is wrong.
  await client.dispatcher.getVersion();
  const { call, runs, idle } = declareWorkflows(sdk, client, {
    load: (dispatch) => ask({ door: "load", dispatch }),
    invoke: (dispatch, call, turnMs) => ask({ door: "invoke", dispatch, call, turnMs }),
    ended: (dispatch) => ask({ door: "ended", dispatch }),
    isStopping: () => isStopping,
    shapes,
    perTenant,
    namespace: access.namespace ?? "",
  });
  const worker = await client.worker(name, { workflows: [...runs.values(), call], slots, durableSlots: DURABLE_SLOTS, handleKill: false });
  const working = worker.start();
  // It gives up after many attempts to connect.
  working.catch(() => process.exit());
  await Promise.race([worker.waitUntilReady(READY_MS), working]);
  return async () => {
    await worker.stop();
    await idle();
  };
}

const starting = loadSdk().then(start);

port.on("message", (message: ToThread) => {
  if (message.is === "stop") {
    isStopping = true;
    void starting
      .then((stop) => stop())
      .catch((error: unknown) => log("the Hatchet worker didn't stop well", messageOf(error)))
      .finally(() => process.exit());
    return;
  }
  const asker = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.is === "answered") asker?.resolve(message.answer);
  else asker?.reject(new Error(message.message));
});

starting.then(
  () => tell({ is: "ready" }),
  (error: unknown) => {
    const explained = explain(error, data.access);
    tell({ is: "refused", message: explained.message, isPermanent: explained instanceof PermanentError });
    process.exit();
  },
);

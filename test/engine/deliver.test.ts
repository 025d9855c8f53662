/** An end goes out once where it is owed, and waits for a sweep where it can't go out now. */
import pino from "pino";
import { expect, it } from "vitest";
import { type Delivery, deliverOwed } from "../../lib/engine/deliver.ts";
import { writeEnd } from "../../lib/engine/end.ts";
import { runKeys } from "../../lib/store/layout.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { keysOf } from "../../lib/store/records.ts";

const dispatch = { tenant: "default", runId: "run-1", n: 1 };
const log = pino({ level: "silent" });

async function ended() {
  const store = createMemoryStore();
  await writeEnd(store, dispatch.tenant, dispatch.runId, { v: 1, status: "completed", at: 0 });
  const delivered: string[] = [];
  const deliver: Delivery = async ({ id }) => void delivered.push(id);
  return { store, delivered, deliver };
}

it("goes out once, however many were there when it ended", async () => {
  const { store, delivered, deliver } = await ended();
  await deliverOwed({ store, log }, dispatch, [deliver]);
  await deliverOwed({ store, log }, dispatch, [deliver]);
  expect([delivered, await keysOf(store, "outbox/")]).toEqual([["default:run-1:end"], []]);
});

it("stays owed while the store or a receiver fails, and whoever says so goes on", async () => {
  const { store, delivered, deliver } = await ended();
  const away: typeof store = {
    ...store,
    get: async () => {
      throw new Error("the store is away");
    },
  };
  await deliverOwed({ store: away, log }, dispatch, [deliver]);
  const refuse: Delivery = async () => {
    throw new Error("the receiver is away");
  };
  await deliverOwed({ store, log }, dispatch, [refuse]);
  expect([delivered, await keysOf(store, "outbox/")]).toEqual([[], [runKeys("default", "run-1").outbox]]);
});

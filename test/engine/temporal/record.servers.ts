/**
 * Records the histories that replay.test.ts replays. RECORD=1 keeps them, beside older ones, which stay for as long as runs of their time may be under way; otherwise they
 * are replayed and thrown away. To be done when the workflow has learned something.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as sdk from "@temporalio/client";
import pino from "pino";
import { afterAll, beforeAll, it } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { createTemporalEngine, TEMPORAL_CAPABILITIES } from "../../../lib/engine/temporal/engine.ts";
import { type RunInput, WORKFLOW_TYPE } from "../../../lib/engine/temporal/messages.ts";
import { RetryableError } from "../../../lib/schema/errors.ts";
import type { ItemGraph } from "../../../lib/schema/pipeline.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createRecord } from "../../../lib/store/records.ts";
import { createBench, pause, until } from "../../conformance/engine/bench.ts";
import { startTemporal, type TemporalServer } from "../../servers/temporal.ts";
import { decodeHistory, encodeHistory, HISTORIES, replay } from "./replay.ts";

const GRAPH: ItemGraph = {
  count: 5,
  edges: [
    [0, 3],
    [2, 4],
  ],
  labels: ["total", "date", "broken", "tax", "note"],
};
const ACCESS = { namespace: "default", taskQueue: "prompt-studio" };

let server: TemporalServer;
let tries = 0;
const { bench, close } = createBench({
  name: "temporal",
  capabilities: TEMPORAL_CAPABILITIES,
  async start(host) {
    const options = { clock: systemClock, log: pino({ level: "silent" }), concurrency: 4, perTenant: 4 };
    const engine = createTemporalEngine({ ...options, sdk, access: { ...ACCESS, address: server.address }, doors: createDoors(host) });
    const worker = await engine.work();
    return {
      engine,
      async stop() {
        await worker.stop(1_000);
        await engine.close();
      },
    };
  },
});
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await close();
  await server?.stop();
});

it("records a run with a retry, a late item, a failed one and one that waits for it, and a run that goes on from an earlier history", async () => {
  const connection = await sdk.Connection.connect({ address: server.address });
  const client = new sdk.Client({ connection, namespace: ACCESS.namespace });
  const process = await bench.runOnce(async (_, call) => {
    if (call === "read" && tries++ === 0) throw new RetryableError("adapter_rate_limited", "slow down", { status: 429, retryAfterMs: 300 });
    if (call === "map 1") await pause(500);
    if (call === "map 2") throw new RetryableError("adapter_failed", "always", { status: 500 });
  }, GRAPH);
  await bench.endOf(process.dispatch);

  const dispatch = await bench.accept(process, process.pipeline, "goes-on");
  for (const call of ["read", "map/plan", "map/0000"]) {
    const result = await bench.result(process.dispatch, call);
    if (result) await createRecord(bench.store, runKeys("default", "goes-on").result(call), result);
  }
  const journal: NonNullable<RunInput["progress"]>["journal"] = ["read", ["map/plan", { is: "done", items: GRAPH }], "map/0000"];
  const input: RunInput = { dispatch, progress: { shape: process.pipeline.shape, journal, waiting: [["map/0001", Date.now() + 400]] } };
  await client.workflow.start(WORKFLOW_TYPE, { workflowId: "default:goes-on:1", taskQueue: ACCESS.taskQueue, args: [input] });
  await bench.endOf(dispatch);

  for (const runId of ["run-1", "goes-on"]) {
    const handle = client.workflow.getHandle(`default:${runId}:1`);
    await until("The end of the workflow", async () => (await handle.describe()).status.name === "COMPLETED");
    const text = encodeHistory(await handle.fetchHistory());
    await replay(decodeHistory(text));
    if (globalThis.process.env.RECORD) writeFileSync(join(HISTORIES, `${new Date().toISOString().slice(0, 10)}-${runId}.txt`), text);
  }
  await connection.close();
});

/** The engine "temporal" when something is wrong: with its settings, its server, its store, or its histories. */
import * as sdk from "@temporalio/client";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/engine/clock.ts";
import type { Dispatch, Doors, Engine } from "../../../lib/engine/contract.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import type { TemporalAccess } from "../../../lib/engine/temporal/connect.ts";
import { createTemporalEngine, TEMPORAL_CAPABILITIES } from "../../../lib/engine/temporal/engine.ts";
import { PermanentError } from "../../../lib/schema/errors.ts";
import { type Bench, createBench, pause, until } from "../../conformance/engine/bench.ts";
import { startTemporal, type TemporalServer } from "../../servers/temporal.ts";
import { replay } from "./replay.ts";

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(() => server?.stop());

const log = pino({ level: "silent" });
const RUN: Dispatch = { tenant: "default", runId: "run-1", n: 1 };

function engineWith(access: Partial<TemporalAccess>, doors?: Doors): Engine {
  const nobody = () => Promise.reject(new Error("nobody asks"));
  return createTemporalEngine({
    sdk,
    access: { address: server.address, namespace: "default", taskQueue: "prompt-studio", ...access },
    doors: doors ?? { load: nobody, invoke: nobody },
    clock: systemClock,
    log,
    concurrency: 20,
    perTenant: 20,
  });
}

describe("wrong settings", () => {
  it.each<[string, Partial<TemporalAccess>, string, RegExp]>([
    ["an address where nobody is", { address: "127.0.0.1:1" }, "adapter_unreachable", /127\.0\.0\.1:1 can't be reached.*TEMPORAL_ADDRESS/],
    ["a server that speaks no TLS", { tls: true }, "adapter_unreachable", /with TLS \(TEMPORAL_TLS=0 turns that off\)/],
    ["a namespace that doesn't exist", { namespace: "nowhere" }, "invalid_configuration", /no namespace "nowhere".*TEMPORAL_NAMESPACE/],
    ["a certificate that isn't there", { serverCaPath: "none.pem" }, "invalid_configuration", /TEMPORAL_TLS_SERVER_CA_CERT_PATH.*none\.pem/],
  ])("%s: a submit is refused and a worker doesn't start, in seconds, and both say why", async (_, access, code, message) => {
    const engine = engineWith(access);
    try {
      await expect(engine.submit([RUN])).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      await expect(engine.work()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    } finally {
      await engine.close();
    }
  });
});

describe("a server that goes away", () => {
  it("refuses every run of a submit with the reason, and takes them when it is back", async () => {
    const own = await startTemporal({ isDurable: true });
    const engine = engineWith({ address: own.address });
    const many = Array.from({ length: 120 }, (_, index) => ({ ...RUN, runId: `run-${index}` }));
    try {
      expect(await engine.submit([RUN])).toEqual([{ is: "accepted" }]);
      await own.kill();
      const answers = await engine.submit(many);
      expect(answers).toEqual(many.map(() => ({ is: "refused", message: expect.stringContaining("can't be reached") })));
      await own.restart();
      expect(await engine.submit(many.slice(0, 3))).toEqual([{ is: "accepted" }, { is: "accepted" }, { is: "accepted" }]);
      expect(await engine.inspect(RUN)).toBe("running");
      expect(await engine.inspect({ ...RUN, n: 2 })).toBeUndefined();
    } finally {
      await engine.close();
      await own.stop();
    }
  });
});

describe("a worker", () => {
  let namespace: string;
  let bench: Bench;
  let close: () => Promise<void>;
  let client: sdk.Client;
  let failing = 0;

  beforeEach(async () => {
    namespace = server.newNamespace();
    client = new sdk.Client({ connection: await sdk.Connection.connect({ address: server.address }), namespace });
    ({ bench, close } = createBench({
      name: "temporal",
      capabilities: TEMPORAL_CAPABILITIES,
      async start(host) {
        const doors = createDoors(host);
        const invoke: Doors["invoke"] = (dispatch, call) =>
          failing-- > 0 ? Promise.reject(new Error("the store can't be reached")) : doors.invoke(dispatch, call);
        const engine = engineWith({ namespace }, { load: doors.load, invoke });
        const worker = await engine.work();
        return {
          engine,
          async stop() {
            await worker.stop(1_000);
            await engine.close();
          },
        };
      },
    }));
  });
  afterEach(async () => {
    await close();
    await client.connection.close();
  });

  it("whose store fails tries again until it is back", async () => {
    failing = 2;
    const { dispatch } = await bench.runOnce(async () => undefined, { count: 1, edges: [] });
    expect(await bench.endOf(dispatch)).toMatchObject({ status: "completed" });
    expect(failing).toBeLessThan(0);
  });

  it("that is stopped gives up what doesn't end, in the time that it has", async () => {
    const { engine, dispatch } = await bench.runOnce(() => new Promise(() => undefined));
    const other = engineWith({ namespace }, { load: () => new Promise(() => undefined), invoke: () => new Promise(() => undefined) });
    const worker = await other.work();
    await other.submit([
      { ...dispatch, runId: "hangs" },
      { ...dispatch, runId: "hangs-too" },
    ]);
    await pause(500);
    await worker.stop(100);
    await other.close();
    expect(await engine.inspect(dispatch)).toBe("running");
  });

  it("ends a run whose workflow was cancelled in Temporal's own interface, which is then known as cancelled", async () => {
    let running = false;
    const { engine, dispatch } = await bench.runOnce(async ({ signal }) => {
      running = true;
      await pause(60_000, signal);
    });
    await until("The call", () => running);
    await client.workflow.getHandle("default:run-1:1").cancel();
    await until("The cancel", async () => (await engine.inspect(dispatch)) === "cancelled");
  });

  it("shows calls by their names and labels, and a failed run as a failed workflow that says which call it was", async () => {
    const labels = ["total", "date"];
    const started = await bench.runOnce(
      async ({ runId }) => {
        if (runId === "broken") throw new PermanentError("document_broken", "broken");
      },
      { count: 2, edges: [], labels },
    );
    await bench.endOf(started.dispatch);
    const history = JSON.stringify(await client.workflow.getHandle("default:run-1:1").fetchHistory());
    expect(history).toContain('"activityId":"map/0001"');
    expect(history).toContain(Buffer.from('"map/0001 date"').toString("base64"));
    await started.engine.submit([await bench.accept(started, started.pipeline, "broken")]);
    await expect(client.workflow.getHandle("default:broken:1").result()).rejects.toMatchObject({
      cause: { type: "document_broken", message: "read failed: document_broken" },
    });
  });

  it("fails a workflow that a stranger started, with the reason", async () => {
    await bench.runOnce(async () => undefined);
    const options = { workflowId: "stranger", taskQueue: "prompt-studio", args: ["nonsense"] };
    await expect(client.workflow.execute("promptStudioRun", options)).rejects.toMatchObject({ cause: { type: "invalid_request" } });
  });

  it("goes on in new histories when a run has many items, does each once, and all of its histories can be replayed", async () => {
    const ITEMS = 3_600;
    const started: string[] = [];
    const { dispatch } = await bench.runOnce(async (_, call) => started.push(call), { count: ITEMS, edges: [[0, ITEMS - 1]] });
    expect(await bench.endOf(dispatch, 240_000)).toMatchObject({ status: "completed" });
    expect(new Set(started).size).toBe(ITEMS + 1);
    expect(started).toHaveLength(ITEMS + 1);
    const last = client.workflow.getHandle("default:run-1:1");
    await until("The end of the workflow", async () => (await last.describe()).status.name === "COMPLETED");
    const lastHistory = await last.fetchHistory();
    const previous = lastHistory.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    expect(previous).toBeTruthy();
    const firstHistory = await client.workflow.getHandle("default:run-1:1", previous ?? "").fetchHistory();
    expect(firstHistory.events?.length).toBeLessThan(15_000);
    for (const history of [firstHistory, lastHistory]) await replay(history);
  }, 300_000);
});

/** The function in Inngest's own test harness. It models neither retries nor requests, so the executor's tests say the rest. */
import { InngestTestEngine } from "@inngest/test";
import { Inngest } from "inngest";
import { afterEach, describe, expect, it } from "vitest";
import { createPromptStudio } from "../../../functions/prompt-studio.ts";
import { createDoors } from "../../../lib/engine/invoke.ts";
import { endRecordSchema } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { readRecord } from "../../../lib/store/records.ts";
import { pipelineOf } from "../../conformance/engine/bench.ts";
import { type HostWorld, intakeOf, startHost } from "../../support/inngest-world.ts";

let world: HostWorld | undefined;
afterEach(() => world?.stopHost());

describe("the function in @inngest/test", () => {
  it("runs a run of the store to its end, and tells how it ended", async () => {
    world = await startHost(pipelineOf(async () => undefined, { count: 2, edges: [[0, 1]] }));
    const { host, store } = world;
    const { tenant, runId, n } = await world.accept("run-1");
    const options = { store, clock: host.clock, doors: createDoors(host), log: host.log, intake: intakeOf(world), settings: {} };
    const client = new Inngest({ id: "prompt-studio", isDev: true });
    const tested = createPromptStudio(client, { ...options, concurrency: 8, perTenant: 8, hostLimitMs: 30_000 });
    const events: [{ name: string; data: object }] = [{ name: "prompt-studio/requested", data: { tenant, run_id: runId, n, priority: 0 } }];
    const { result, error } = await new InngestTestEngine({ function: tested, events }).execute();
    expect(error).toBeUndefined();
    expect(result).toEqual({ run_id: "run-1", status: "finished" });
    expect(await readRecord(store, runKeys(tenant, runId).end, endRecordSchema)).toMatchObject({ status: "completed" });
  });
});

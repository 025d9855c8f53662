/** Slots of a process, shared between tenants: never more at once than may be, tenants in turn, and nobody waits longer than it said. */
import { describe, expect, it } from "vitest";
import { systemClock } from "../../lib/engine/clock.ts";
import type { Dispatch } from "../../lib/engine/contract.ts";
import { createTenantSlots } from "../../lib/engine/tenant-slots.ts";

const LONG_MS = 60_000;

/** Work that ends when it is let go; `running` and `most` are of all that were offered. */
function stage(concurrency: number, perTenant: number) {
  const inSlot = createTenantSlots({ clock: systemClock, concurrency, perTenant });
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  const offer = (runId: string, { tenant = "a", priority = 0, longestMs = LONG_MS, over }: Partial<Dispatch & { longestMs: number; over: AbortSignal }> = {}) =>
    inSlot(
      { tenant, runId, n: 1, priority },
      () =>
        new Promise<string>((resolve) => {
          begun.push(runId);
          running.set(runId, () => resolve(runId));
        }),
      longestMs,
      over,
    );
  const letGo = async (runId: string) => {
    running.get(runId)?.();
    running.delete(runId);
    await new Promise(setImmediate);
  };
  return { offer, letGo, begun, running };
}

describe("slots of tenants", () => {
  it("are never more than may be at once, in the process and of a tenant", async () => {
    const { offer, letGo, begun, running } = stage(3, 2);
    const offers = ["a1", "a2", "a3"].map((id) => offer(id)).concat(["b1", "b2"].map((id) => offer(id, { tenant: "b" })));
    expect(begun).toEqual(["a1", "a2", "b1"]);
    await letGo("b1");
    expect(begun).toEqual(["a1", "a2", "b1", "b2"]);
    while (running.size > 0) for (const id of [...running.keys()]) await letGo(id);
    expect(await Promise.all(offers)).toEqual(["a1", "a2", "a3", "b1", "b2"]);
  });

  it("go round between tenants, and to the higher priority within one", async () => {
    const { offer, letGo, begun } = stage(1, 1);
    void offer("a1");
    void offer("a2");
    void offer("a3", { priority: 5 });
    void offer("b1", { tenant: "b" });
    for (const id of ["a1", "a3", "b1"]) await letGo(id);
    expect(begun).toEqual(["a1", "a3", "b1", "a2"]);
  });

  it("aren't waited for longer than was said, or when it is over", async () => {
    const { offer, letGo, begun } = stage(1, 1);
    const first = offer("a1");
    const over = new AbortController();
    const others = [offer("a2", { longestMs: 20 }), offer("a3", { over: over.signal })];
    over.abort();
    expect(await Promise.all(others)).toEqual([undefined, undefined]);
    await letGo("a1");
    expect(await first).toBe("a1");
    expect(begun).toEqual(["a1"]);
  });

  it("are free again when the work fails", async () => {
    const inSlot = createTenantSlots({ clock: systemClock, concurrency: 1, perTenant: 1 });
    const dispatch = { tenant: "a", runId: "run-1", n: 1 };
    await expect(inSlot(dispatch, () => Promise.reject(new Error("no")), LONG_MS)).rejects.toThrow("no");
    expect(await inSlot(dispatch, async () => "yes", LONG_MS)).toBe("yes");
  });
});

/** Slots: so much at once and no more. */
import { describe, expect, it } from "vitest";
import { createSlots } from "../lib/slots.ts";

describe("slots", () => {
  it("run so much at once and no more, in the order of arrival, also after work that failed", async () => {
    const slots = createSlots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = async (index: number) => {
      order.push(index);
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (index % 3 === 0) throw new Error("it failed");
      return index;
    };
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => slots(() => work(index))));
    expect(most).toBe(2);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(all.filter(({ status }) => status === "rejected")).toHaveLength(7);
    expect(await slots(async () => "free again")).toBe("free again");
  });

  it("does so much at once, in the order of coming, and goes on after failures and departures", async () => {
    const slots = createSlots(2);
    const begun: string[] = [];
    const ends = new Map<string, (error?: Error) => void>();
    const work = (name: string, signal?: AbortSignal) =>
      slots(
        () =>
          new Promise<string>((resolve, reject) => {
            begun.push(name);
            ends.set(name, (error) => (error ? reject(error) : resolve(name)));
          }),
        signal,
      );
    const leaving = new AbortController();
    const first = work("first");
    const second = work("second");
    const third = work("third", leaving.signal);
    const fourth = work("fourth");
    const fifth = work("fifth");
    expect(begun).toEqual(["first", "second"]);
    leaving.abort(new Error("gone"));
    await expect(third).rejects.toThrow("gone");
    ends.get("first")?.(new Error("failed"));
    await expect(first).rejects.toThrow("failed");
    expect(begun).toEqual(["first", "second", "fourth"]);
    ends.get("second")?.();
    await expect(second).resolves.toBe("second");
    ends.get("fourth")?.();
    ends.get("fifth")?.();
    await expect(Promise.all([fourth, fifth])).resolves.toEqual(["fourth", "fifth"]);
    await expect(work("late", leaving.signal)).rejects.toThrow("gone");
  });
});

import { expect, it } from "vitest";
import { createQueue } from "../../lib/document/queue.ts";

it("does so much at once, in the order of coming, and goes on after failures and departures", async () => {
  const queue = createQueue(2);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string, signal?: AbortSignal) =>
    queue.run(
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

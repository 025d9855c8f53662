/** What a process knows of a run: what it did itself, what the store had when it began, and what others did since. */
import { describe, expect, it } from "vitest";
import type { Settling } from "../../../lib/engine/celery/broker.ts";
import { START } from "../../../lib/engine/celery/calls.ts";
import { createRuns, isBehind, isSettled, learn } from "../../../lib/engine/celery/runs.ts";
import type { Doors } from "../../../lib/engine/contract.ts";
import type { ResultRecord } from "../../../lib/schema/records.ts";
import { runKeys } from "../../../lib/store/layout.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { createRecord } from "../../../lib/store/records.ts";

const dispatch = { tenant: "a", runId: "run-1", n: 1 };
const result: ResultRecord = { v: 1, is: "done", at: 0, claim: 1, attempts: 1, durationMs: 0, usage: { input_tokens: 0, output_tokens: 0 }, output: null };
const answer: Settling = { what: "done", place: "7", open: 3, sent: 0, unheard: [], sentByOthers: [], held: undefined };
const never: Doors = { load: () => Promise.reject(new Error("never")), invoke: () => Promise.reject(new Error("never")) };

function open() {
  const store = createMemoryStore();
  const asked: string[] = [];
  const watched = {
    ...store,
    list(prefix: string) {
      asked.push("list");
      return store.list(prefix);
    },
    get(...args: Parameters<typeof store.get>) {
      asked.push(args[0].split("/results/")[1] ?? args[0]);
      return store.get(...args);
    },
  };
  const commit = (call: string) => createRecord(store, runKeys("a", "run-1").result(call), result);
  return { runs: createRuns(never, watched), asked, commit };
}

describe("what is known of a run", () => {
  it("is read from the store once, and then only what others settled", async () => {
    const { runs, asked, commit } = open();
    await commit("before");
    const known = runs.known(dispatch);
    expect(isBehind(known)).toBe(true);
    await runs.read(dispatch, known);
    expect([isBehind(known), [...known.journal.keys()], asked.splice(0)]).toEqual([false, ["before"], ["list", "before"]]);
    known.journal.set("own", { is: "done" });
    await commit("others");
    learn(known, [], { ...answer, unheard: [START, "before", "own", "others"] });
    expect([isBehind(known), isSettled(known, "others"), isSettled(known, "own"), isSettled(known, "next")]).toEqual([true, true, true, false]);
    await runs.read(dispatch, known);
    expect([isBehind(known), [...known.journal.keys()], asked]).toEqual([false, ["before", "own", "others"], ["others"]]);
  });

  it("is which calls were sent, as far as the broker looked at them", () => {
    const known = open().runs.known(dispatch);
    learn(known, [{ name: "one" }, { name: "two" }, { name: "three" }], { ...answer, sent: 2, sentByOthers: ["four"] });
    expect([[...known.sent], known.open, known.heard]).toEqual([["one", "two", "four"], 3, "7"]);
  });

  it("is nothing to a broker that forgot, and is begun anew once", () => {
    const { runs } = open();
    const known = runs.known(dispatch);
    learn(known, [{ name: "one" }], answer);
    learn(known, [{ name: "one" }], { ...answer, what: "forgot", place: "9", sent: 1 });
    expect([known.heard, known.sent.size]).toEqual(["7", 0]);
    const renewed = runs.renew(dispatch, known);
    expect([renewed.heard, isBehind(renewed)]).toEqual(["", true]);
    // Another message that knew the same finds what was begun meanwhile.
    expect(runs.renew(dispatch, known)).toBe(renewed);
    expect(runs.renew(dispatch)).not.toBe(renewed);
  });

  it("is of one dispatch: another one of the same run begins with what the store has", () => {
    const { runs } = open();
    learn(runs.known(dispatch), [{ name: "one" }], { ...answer, sent: 1 });
    expect(runs.known({ ...dispatch, n: 2 }).sent.size).toBe(0);
    expect(runs.known(dispatch).sent.size).toBe(1);
    runs.forget(dispatch);
    expect(runs.known(dispatch).sent.size).toBe(0);
  });
});

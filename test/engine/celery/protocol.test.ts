/** Celery's messages, read and written without a server. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decodeCommand, decodeTask, encodeReply, encodeResult, encodeTask, listOf, listsOf } from "../../../lib/engine/celery/protocol.ts";

/** A message as Celery 5 puts it into Redis. */
function fromPython(change: { headers?: object; properties?: object; body?: unknown; "content-type"?: string } = {}): string {
  const body = change.body ?? [[], { run_id: "run-1" }, { callbacks: null, errbacks: null, chain: null, chord: null }];
  return JSON.stringify({
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": change["content-type"] ?? "application/json",
    headers: {
      lang: "py",
      task: "prompt_studio.run",
      id: "task-1",
      root_id: "task-1",
      parent_id: null,
      group: null,
      eta: null,
      expires: null,
      ...change.headers,
    },
    properties: { correlation_id: "task-1", delivery_mode: 2, delivery_tag: "tag", priority: 0, body_encoding: "base64", ...change.properties },
  });
}

describe("a task from Python", () => {
  it("is read with its arguments and times", () => {
    const headers = { eta: "2026-03-01T12:00:00.250000+02:00", expires: "2026-03-01T12:00:00", group: "group-1", parent_id: "task-0", ignore_result: true };
    expect(decodeTask(fromPython({ headers }))).toEqual({
      is: "task",
      task: {
        id: "task-1",
        name: "prompt_studio.run",
        args: [],
        kwargs: { run_id: "run-1" },
        embed: { callbacks: null, errbacks: null, chain: null, chord: null },
        eta: Date.UTC(2026, 2, 1, 10, 0, 0, 250),
        expires: Date.UTC(2026, 2, 1, 12),
        group: "group-1",
        parentId: "task-0",
        rootId: "task-1",
        ignoreResult: true,
      },
    });
  });

  it("may have a body that is not in base64", () => {
    const message = JSON.parse(fromPython({ properties: { body_encoding: null } }));
    expect(decodeTask(JSON.stringify({ ...message, body: '[[1], {"a": 2}, null]' }))).toMatchObject({ is: "task", task: { args: [1], kwargs: { a: 2 } } });
  });

  it.each([
    ["pickle", fromPython({ "content-type": "application/x-python-serialize" }), "ContentDisallowed", "task-1"],
    ["a body that is no JSON", fromPython({ body: "{" }), "DecodeError", "task-1"],
    ["a body of protocol 1", fromPython({ body: { task: "x", id: "y", args: [] } }), "DecodeError", "task-1"],
    ["no name", fromPython({ headers: { task: undefined } }), "DecodeError", "task-1"],
    ["no envelope", "[]", "DecodeError", undefined],
    ["no JSON", "\x80\x02}q\x00.", "DecodeError", undefined],
    ["17 MB", `"${"x".repeat(17 * 1024 * 1024)}"`, "DecodeError", undefined],
  ])("is refused with %s", (_, raw, type, id) => {
    expect(decodeTask(raw)).toMatchObject({ is: "refused", id, error: { exc_type: type } });
  });

  it("never throws, whatever comes", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((body) => fromPython({ body })),
      fc.object().map((headers) => fromPython({ headers })),
    );
    fc.assert(fc.property(anything, (raw) => ["task", "refused"].includes(decodeTask(raw).is)));
  });
});

describe("a task of ours", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (arbitrary) => {
        const kwargs = z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(arbitrary)));
        const raw = encodeTask({ id: "a", name: "prompt_studio.call", kwargs, queue: "prompt_llm", priority: 7, origin: "me@here" });
        expect(decodeTask(raw)).toMatchObject({ is: "task", task: { id: "a", name: "prompt_studio.call" } });
        const decoded = decodeTask(raw);
        if (decoded.is === "task") expect(decoded.task.kwargs).toEqual(kwargs);
      }),
    );
  });

  it("has the lists of kombu, four for a queue", () => {
    expect(listsOf("q")).toEqual(["q", "q\x06\x163", "q\x06\x166", "q\x06\x169"]);
    expect(Array.from({ length: 10 }, (_, priority) => listsOf("q").indexOf(listOf("q", priority)))).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
  });
});

describe("a result", () => {
  it("has the form of Celery's Redis backend", () => {
    const done = encodeResult({ id: "task-1", group: "group-1" }, { status: "SUCCESS", result: { total: 3 } }, Date.UTC(2026, 0, 2));
    expect(JSON.parse(done)).toEqual({
      status: "SUCCESS",
      result: { total: 3 },
      traceback: null,
      children: [],
      date_done: "2026-01-02T00:00:00.000+00:00",
      group_id: "group-1",
      task_id: "task-1",
    });
    expect(JSON.parse(encodeResult({ id: "task-1" }, { status: "STARTED", result: null }, 0))).toMatchObject({ status: "STARTED", date_done: null });
  });
});

describe("remote control", () => {
  const command = (more: object) => fromPython({ body: { method: "ping", arguments: {}, destination: null, pattern: null, matcher: null, ...more } });

  it("is for everybody, or for whom it names", () => {
    expect(decodeCommand(command({}), "me@here")).toMatchObject({ method: "ping" });
    expect(decodeCommand(command({ destination: ["me@here", "you@here"] }), "me@here")).toMatchObject({ method: "ping" });
    expect(decodeCommand(command({ destination: ["you@here"] }), "me@here")).toBeUndefined();
    expect(decodeCommand(command({ pattern: "you*", matcher: "glob" }), "me@here")).toBeUndefined();
    expect(decodeCommand("nonsense", "me@here")).toBeUndefined();
  });

  it("is answered with the asker's ticket", () => {
    const reply = JSON.parse(encodeReply({ "me@here": { ok: "pong" } }, { exchange: "reply.celery.pidbox", routing_key: "asker" }, "ticket-1", "id-1"));
    expect(reply.headers.ticket).toBe("ticket-1");
    expect(reply.properties.delivery_info).toEqual({ exchange: "reply.celery.pidbox", routing_key: "asker" });
    expect(JSON.parse(Buffer.from(reply.body, "base64").toString())).toEqual({ "me@here": { ok: "pong" } });
  });
});

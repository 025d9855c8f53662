import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isKey, isPrefix, ordinal, ordinalOf, recentKey, recentPrefix, runKeys, segment } from "../../lib/store/layout.ts";

/** Names that break careless code: other people's ids, file system traps, and what looks like an escape. */
const TRAPS = [
  "",
  "_",
  "__",
  "_5f",
  "-",
  ".",
  "..",
  "...",
  "/",
  "a/b",
  "\\",
  "a\\b",
  "~",
  "__proto__",
  "constructor",
  "toString",
  "CON",
  "con",
  "con.txt",
  "Prn",
  "aux",
  "nul",
  "com1",
  "COM1",
  "com0",
  "lpt9",
  "Invoice",
  "invoice",
  "INVOICE",
  "ı",
  "I",
  "ß",
  "ss",
  "é",
  "e\u0301",
  "K",
  "k",
  "a b",
  "a ",
  " a",
  "a.",
  "a:b",
  "a\u0000",
  "a\n",
  "😀",
  "\uFEFFa",
  "x".repeat(100),
  "x".repeat(101),
  "x".repeat(200),
  `${"x".repeat(199)}y`,
  "X".repeat(200),
  "ü".repeat(100),
];

/** Texts near each other and near the traps, besides any text. Lone surrogates are no text: they have no UTF-8. */
const anyText = fc.oneof(
  fc.constantFrom(...TRAPS),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom("a", "A", "_", "-", "5", "f", ".", "/", "é"), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("a", "b", "A", "_"), minLength: 95, maxLength: 220 }),
);
const runId = fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/);

describe("segment", () => {
  it("makes a valid key of anything", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(segment(text)).toMatch(/^[a-z0-9_-]{1,100}$/);
        expect(isKey(segment(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps different texts apart, also where case is ignored", () => {
    fc.assert(
      fc.property(anyText, anyText, (left, right) => {
        fc.pre(left !== right);
        expect(segment(left).toLowerCase()).not.toBe(segment(right).toLowerCase());
      }),
      { numRuns: 5_000 },
    );
    expect(new Set(TRAPS.map((text) => segment(text).toUpperCase())).size).toBe(TRAPS.length);
  });

  it("keeps any set of texts apart", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { minLength: 2, maxLength: 60 }), (texts) => {
        expect(new Set(texts.map(segment)).size).toBe(texts.length);
      }),
      { numRuns: 500 },
    );
  });

  it("stays as it is once made, so that old runs are found", () => {
    expect(segment("acme-1")).toBe("acme-1");
    expect(segment("Run_1")).toBe("_52un_5f1");
    expect(segment("..")).toBe("_2e_2e");
    expect(segment("__proto__")).toBe("_5f_5fproto_5f_5f");
    expect(segment("")).toBe("_");
    expect(segment("con")).toBe("_63on");
    expect(segment("x".repeat(100))).toBe("x".repeat(100));
    expect(segment("x".repeat(101))).toBe(`${"x".repeat(35)}_-c675a2e604b0cd1229c036e3ce0c87422980a245e295bbc605a507a2299752d`);
  });

  it("is no Windows device, and never __proto__", () => {
    const devices = ["con", "prn", "aux", "nul", ...Array.from({ length: 10 }, (_, digit) => [`com${digit}`, `lpt${digit}`]).flat()];
    for (const device of devices) {
      expect(devices).not.toContain(segment(device));
      expect(devices).not.toContain(segment(device.toUpperCase()));
    }
    expect(segment("__proto__")).not.toContain("__");
  });
});

describe("keys", () => {
  it("refuse what is no key and no prefix", () => {
    for (const bad of ["", "/", "a/", "/a", "a//b", "A", "a.b", "..", "a/..", "a b", "ä", "a\n", `${"a".repeat(101)}`]) expect(isKey(bad)).toBe(false);
    for (const bad of ["/", "//", "a//", "A", ".", "a/../", `${"a".repeat(101)}/`]) expect(isPrefix(bad)).toBe(false);
    for (const good of ["", "a", "a/", "a/b", "a/b-_9/"]) expect(isPrefix(good)).toBe(true);
  });

  it("of two runs never meet, and no run lies within another", () => {
    fc.assert(
      fc.property(runId, runId, runId, runId, (tenant, run, otherTenant, otherRun) => {
        fc.pre(tenant !== otherTenant || run !== otherRun);
        const [one, other] = [runKeys(tenant, run), runKeys(otherTenant, otherRun)];
        for (const key of [one.request, one.claim("agentic-extract/0007", 3), one.result("collate"), one.end, one.active, one.outbox])
          expect(isKey(key)).toBe(true);
        expect(one.base.startsWith(other.base) || other.base.startsWith(one.base)).toBe(false);
        expect(one.active).not.toBe(other.active);
        expect(one.outbox).not.toBe(other.outbox);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of one run are never the folder of another one", () => {
    const keys = runKeys("tenant", "run");
    const all = ["extract-text", "agentic-extract/plan", "agentic-extract/0007"].flatMap((call) => [
      ...[0, 1].flatMap((n) => [keys.claim(call, n), keys.attempt(call, n), keys.wasted(call, n)]),
      keys.result(call),
      keys.paid(call, "0".repeat(64)),
    ]);
    all.push(keys.owner(0), keys.owner(1), keys.request, keys.cancel, keys.end, keys.active, keys.outbox);
    expect(new Set(all).size).toBe(all.length);
    for (const key of all) for (const other of all) expect(other.startsWith(`${key}/`)).toBe(false);
  });

  it("of a series sort as their numbers do", () => {
    const number = fc.integer({ min: 0, max: 999_999 });
    fc.assert(
      fc.property(number, number, (left, right) => {
        expect(ordinal(left) < ordinal(right)).toBe(left < right);
        expect(ordinalOf(`t/a/attempts/b/${ordinal(left)}`)).toBe(left);
        expect([ordinalOf(runKeys("a", "r").claim("b/0007", left)), runKeys("a", "r").claimedCall(runKeys("a", "r").claim("b/0007", left))]).toEqual([
          left,
          "b/0007",
        ]);
      }),
    );
  });

  it("of recent runs sort newest first, and stay keys", () => {
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(time, time, runId, runId, (left, right, run, otherRun) => {
        fc.pre(left !== right);
        expect(recentKey("tenant", left, run) < recentKey("tenant", right, otherRun)).toBe(left > right);
        expect(isKey(recentKey("tenant", left, run))).toBe(true);
        expect(recentKey("tenant", left, run).startsWith(recentPrefix("tenant"))).toBe(true);
      }),
    );
  });
});

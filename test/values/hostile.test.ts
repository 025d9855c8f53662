/** Every reader on text that nobody should print: never throws, and a quadratic reader would not finish in time. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evidenceOf } from "../../lib/evaluation/support.ts";
import type { Json } from "../../lib/schema/json.ts";
import { OUTPUT_TYPES } from "../../lib/schema/request.ts";
import { documentFacts, parseValue } from "../../lib/values/index.ts";
import { facts } from "./support.ts";

const LENGTH = 65_536;
const SEEDS = [
  "1",
  "a",
  " ",
  "1 ",
  "1,",
  "1.",
  "1.234,",
  "1/",
  "20.03.",
  "20 Mar ",
  "mar ",
  "a@",
  "@",
  "a@b.c ",
  "[",
  "{",
  '{"a":',
  "[1,",
  '"',
  "\\",
  "(",
  "((1",
  "-",
  "- ",
  "☐ ",
  "[ ] ",
  "yes ",
  "|",
  "| a ",
  "|-",
  "a,",
  "a;b\n",
  "\n",
  "```",
  "total ",
  "not ",
  "no x ",
  "$",
  "$1 ",
  "EUR",
  "年",
  "2023年",
  "1'",
  "%",
  "é",
  "\u0301",
  "\u200b",
  "🙂",
  "\ud800",
  "NA ",
  "the document does not ",
];

test.each(SEEDS)("64 KB of %j are read by every type", (seed) => {
  const raw = seed.repeat(Math.ceil(LENGTH / seed.length)).slice(0, LENGTH);
  for (const type of OUTPUT_TYPES)
    for (const enforce of [true, false]) expect(typeof parseValue({ raw, type, enforce, facts: facts("en"), quote: raw }).valid).toBe("boolean");
  expect(documentFacts(raw, "en").language).toBe("en");
  expect(evidenceOf(raw, facts("en")).text).toHaveLength(LENGTH);
});

describe("any value", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(..."0123456789.,-/ '()%€$☐[]{}|\"aeMar年月日@:\n"), maxLength: 80 }),
    fc.jsonValue(),
  );

  test("is read by every type without throwing; null is valid only where absent; what is kept says so", () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(...OUTPUT_TYPES), fc.constantFrom("en", "de", "ja", ""), (raw, type, language) => {
        const strict = parseValue({ raw: raw as Json, type, enforce: true, facts: facts(language) });
        const lenient = parseValue({ raw: raw as Json, type, enforce: false, facts: facts(language) });
        expect(strict.reason).not.toBe("");
        if (!strict.valid) expect(strict.value).toBeNull();
        if (strict.valid) expect(lenient).toEqual(strict);
        else expect(lenient).toMatchObject({ valid: true, reason: expect.stringContaining("kept as printed") });
        if (type === "number" && strict.value !== null) expect(Number.isFinite(strict.value)).toBe(true);
        if (type === "date" && strict.value !== null) expect(strict.value).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(strict.alternatives).not.toContainEqual(strict.value ?? {});
      }),
      { numRuns: 500 },
    );
  });
});

test("data nested too deeply is refused, not followed", () => {
  let deep: Json = 1;
  for (let depth = 0; depth < 50_000; depth++) deep = [deep];
  for (const type of OUTPUT_TYPES) expect(parseValue({ raw: deep, type, enforce: false, facts: facts() })).toMatchObject({ value: null, valid: false });
});

test("enforce_type false keeps what can't be typed", () => {
  expect(parseValue({ raw: " about  ten ", type: "number", enforce: false, facts: facts() })).toMatchObject({
    value: "about ten",
    valid: true,
    reason: expect.stringContaining("not a number"),
  });
  expect(parseValue({ raw: "10", type: "number", enforce: false, facts: facts() })).toMatchObject({ value: 10, valid: true });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grade, type Witnesses } from "../../lib/evaluation/grade.ts";

const BEST: Witnesses = { status: "extracted", match: "exact", scores: { faithfulness: 1, correctness: 1 }, confidence: 0.95, alternatives: [] };
const ORDER = ["poor", "fair", "good", "excellent"];

describe("the worst witness decides", () => {
  test.each<[string, Partial<Witnesses>, string]>([
    ["nothing to object", {}, "excellent"],
    ["normalized match", { match: "normalized" }, "excellent"],
    ["fuzzy match", { match: "fuzzy" }, "good"],
    ["no citation", { match: undefined }, "fair"],
    ["no confidence given", { confidence: undefined }, "excellent"],
    ["middling confidence", { confidence: 0.6 }, "good"],
    ["low confidence", { confidence: 0.3 }, "fair"],
    ["no confidence at all", { confidence: 0.1 }, "poor"],
    ["unfaithful", { scores: { faithfulness: 0.2, correctness: 1 } }, "poor"],
    ["half faithful", { scores: { faithfulness: 0.6, correctness: 1 } }, "fair"],
    ["nearly faithful", { scores: { faithfulness: 0.8, correctness: 1 } }, "good"],
    ["wrong form", { scores: { faithfulness: 1, correctness: 0 } }, "poor"],
    ["no checks", { scores: {} }, "excellent"],
    ["perhaps an answer to something else", { scores: { faithfulness: 1, relevance: 0.3 } }, "fair"],
    ["perhaps half of it", { scores: { faithfulness: 1, completeness: 0.25 } }, "fair"],
    ["hardly any words of the question near by", { scores: { faithfulness: 1, relevance: 0.65, completeness: 0.8 } }, "excellent"],
    ["personal and rude, but right", { scores: { faithfulness: 1, correctness: 1, pii_detected: 0.1, toxicity: 0 } }, "excellent"],
    ["ambiguous", { alternatives: ["2023-05-04"] }, "fair"],
    ["uncertain", { status: "uncertain" }, "fair"],
    ["failed", { status: "failed" }, "poor"],
    ["skipped", { status: "skipped" }, "poor"],
    ["absent", { status: "absent", match: undefined }, "good"],
    ["absent, hardly searched", { status: "absent", match: undefined, confidence: 0.3 }, "fair"],
  ])("%s", (_, changes, expected) => {
    expect(grade({ ...BEST, ...changes })).toBe(expected);
  });
});

test("a better witness never lowers the grade", () => {
  const number = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(number, number, number, number, (faithfulness, correctness, confidence, better) => {
      const low = grade({ ...BEST, scores: { faithfulness, correctness }, confidence });
      const high = grade({ ...BEST, scores: { faithfulness: Math.max(faithfulness, better), correctness }, confidence });
      expect(ORDER.indexOf(high)).toBeGreaterThanOrEqual(ORDER.indexOf(low));
    }),
  );
});

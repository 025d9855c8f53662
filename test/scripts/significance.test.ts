import { describe, expect, it } from "vitest";
// @ts-expect-error a script without types
import { ndcg, pValue, relevanceOf } from "../../scripts/cases/significance.mjs";

describe("ndcg", () => {
  it("is 1 for the ideal order, less for a later place, 0 beyond ten; a repeated document counts once", () => {
    const relevance = relevanceOf("head\nq\ta\t2\nq\tb\t1\nq\tc\t0\n").get("q");
    expect(ndcg(relevance, ["a", "b"])).toBe(1);
    expect(ndcg(relevance, ["b", "a"])).toBeCloseTo((1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3)), 10);
    expect(ndcg(relevance, ["a", "a", "b"])).toBe(1);
    expect(ndcg(relevance, [..."0123456789", "a"])).toBe(0);
  });
});

describe("pValue", () => {
  it("is 1 without a difference, and that of all sign changes for few", () => {
    expect(pValue([0.5, 0.5], [0.5, 0.5])).toBe(1);
    // Of the 32 ways to give five equal gains signs, two are as extreme.
    expect(pValue([1, 1, 1, 1, 1], [0, 0, 0, 0, 0])).toBeCloseTo(2 / 32, 2);
    expect(pValue([1, 0, 1, 0], [0, 1, 0, 1])).toBeGreaterThan(0.9);
  });

  it("is small for a gain on nearly all queries, and the same every time", () => {
    const scores = Array.from({ length: 200 }, (_, query) => (query % 10 === 0 ? 0.4 : 0.6));
    const others = scores.map(() => 0.5);
    expect(pValue(scores, others)).toBeLessThan(0.001);
    expect(pValue(scores, others)).toBe(pValue(scores, others));
  });
});

import { describe, expect, test } from "vitest";
import { countTokens } from "../../lib/document/tokens.ts";

describe("countTokens", () => {
  test("counts as o200k does", () => {
    expect(countTokens("")).toBe(0);
    expect(countTokens("hello world")).toBe(2);
    expect(countTokens("Invoice total: 1,234.56")).toBe(9);
  });

  test("text that looks like a special token is plain text", () => {
    expect(countTokens("<|endoftext|>")).toBeGreaterThan(1);
  });

  test("runs that a tokenizer is slow at are counted in pieces", () => {
    const letters = countTokens("a".repeat(200_000));
    expect(letters).toBeGreaterThan(10_000);
    expect(letters).toBeLessThan(200_000);
    expect(countTokens(" ".repeat(1_000_000))).toBeLessThan(100_000);
    expect(countTokens("😀".repeat(1000))).toBeGreaterThanOrEqual(1000);
  });
});

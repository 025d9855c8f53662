import { describe, expect, test } from "vitest";
import { compareValues } from "../../lib/evaluation/compare.ts";
import type { Json } from "../../lib/schema/json.ts";
import type { OutputType } from "../../lib/schema/request.ts";

describe("compareValues", () => {
  test.each<[OutputType, Json, Json, boolean]>([
    ["number", 12.5, 12.5, true],
    ["number", 0.3, 0.30000000000000004, false],
    ["number", 12.5, "12.50", true],
    ["number", 12.5, 12.05, false],
    ["number", 0, null, false],
    ["date", "2024-01-02", "2024-01-02", true],
    ["date", "2024-01-02", "2024-02-01", false],
    ["email", "A@b.example", "a@B.example ", true],
    ["boolean", false, false, true],
    ["boolean", false, "false", false],
    ["text", "Smith & Sons, Ltd.", "SMITH & SONS  LTD", true],
    ["text", "Müller GmbH", "Muller GmbH", true],
    ["text", "Smith", "Smyth", false],
    ["text", "—", "–", false],
    ["text", null, null, true],
    ["text", null, "x", false],
    ["text", "x", null, false],
    ["text", ["a", "b"], ["A", "b."], true],
    ["text", ["a", "b"], ["a"], false],
    ["table", [{ "Unit price": 5 }], [{ "unit price": "5.00" }], true],
    ["table", [{ a: "1", b: null }], [{ a: "1" }], true],
    ["table", [{ a: "1" }, { a: "2" }], [{ a: "1" }], false],
    ["json", { __proto__x: 1 }, { __proto__x: 1 }, true],
  ])("%s %j and %j: %s", (type, expected, got, same) => {
    expect(compareValues(expected, got, type).isRight).toBe(same);
  });

  test("counts the cells of rows", () => {
    const expected = [
      { a: 1, b: "x" },
      { a: 2, b: "y" },
    ];
    expect(
      compareValues(
        expected,
        [
          { a: 1, b: "x" },
          { a: 3, b: "y" },
        ],
        "table",
      ),
    ).toEqual({ isRight: false, right: 3, cells: 4 });
    expect(compareValues(expected, [{ a: 1, b: "x" }], "table")).toEqual({ isRight: false, right: 2, cells: 4 });
  });
});

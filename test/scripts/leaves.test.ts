/** Nested answers compared: what was found, of what there is and of what the schema has a place for. */
import { describe, expect, it } from "vitest";
import { readStructure } from "../../lib/schema/structure.ts";
// @ts-expect-error a script without types
import { compareLeaves, leavesOf, leavesReport } from "../../scripts/cases/leaves.mjs";

const read = readStructure({
  type: "object",
  properties: {
    name: { type: "string" },
    rows: { type: "array", items: { type: "object", properties: { item: { type: "string" }, price: { type: "number" } } } },
    tags: {
      anyOf: [
        { type: "array", items: { type: "string" } },
        { type: "object", additionalProperties: { type: "string" } },
      ],
    },
  },
});
if ("problem" in read) throw new Error(read.problem.message);
const gold = {
  name: "A. Lamp",
  rows: [
    { item: "one", price: 2.5, place: 0 },
    { item: "one", price: null, place: 1 },
  ],
  tags: { colour: "red" },
  events: [{ day: "Monday", hour: 3 }],
};

describe("leaves", () => {
  it("are single values by their path, without signs, and without what is empty", () => {
    expect(leavesOf({ a: [{ b: "X-1" }, { b: "" }], c: null, d: 0.123456 })).toEqual([".a[].b=x1", ".d=0.1235"]);
  });

  it("are counted within the schema and outside of it", () => {
    const prediction = { name: "a lamp", rows: [{ item: "one", price: 2.5 }], tags: { colour: "blue" } };
    expect(compareLeaves(read.node, gold, prediction)).toEqual({
      all: 9,
      within: 5,
      found: 3,
      foundWithin: 3,
      outside: new Map([
        ["rows[].place", 2],
        ["events", 2],
      ]),
    });
  });

  it("make a report whose means are of the cases that have any", () => {
    const whole = { id: "whole", all: 4, within: 4, found: 3, foundWithin: 3, outside: new Map() };
    const none = { id: "none", all: 2, within: 0, found: 0, foundWithin: 0, outside: new Map([["x", 2]]) };
    expect(leavesReport([whole, none]).split("\n").slice(2)).toEqual([
      "| whole | 4 | 0.7500 | 4 | 0.7500 |  |",
      "| none | 2 | 0.0000 | 0 |  | x 2 |",
      "| mean of the cases |  | 0.3750 |  | 0.7500 |  |",
      "| all values | 6 | 0.5000 | 4 | 0.7500 |  |",
    ]);
  });
});

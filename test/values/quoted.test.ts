/** Answers that were typed before they came here, held against the quote. */
import { describe, expect, test } from "vitest";
import { facts, read } from "./support.ts";

const BRITISH = facts("en", { dateOrder: "dmy", dateOrderFrom: "dates", dateOrderReason: "another date" });
const COMMA = facts("de", { decimal: "comma" });
const POINT = facts("en", { decimal: "point" });

describe("a date", () => {
  test("typed against the document's order gives way, and stays as alternative", () => {
    expect(read("date", "2023-04-05", BRITISH, "Due 04/05/2023")).toMatchObject({ value: "2023-05-04", alternatives: ["2023-04-05"], valid: true });
    expect(read("date", "April 5, 2023", BRITISH, "Due 04/05/2023")).toMatchObject({ value: "2023-05-04", alternatives: ["2023-04-05"] });
  });
  test("typed in the document's order stays alone", () => {
    expect(read("date", "2023-05-04", BRITISH, "Due 04/05/2023")).toMatchObject({ value: "2023-05-04", alternatives: [] });
  });
  test("stays with the other reading where nothing tells", () => {
    expect(read("date", "2023-05-04", facts("en"), "Due 04/05/2023")).toMatchObject({ value: "2023-05-04", alternatives: ["2023-04-05"] });
  });
  test.each([
    ["2023-04-05", "Due 5 April 2023"],
    ["2023-04-05", "Due 5 April 2023, printed 04/05/2023"],
    ["2023-04-05", "Due 06/07/2023"],
    ["2023-04-25", "Due 04/25/2023"],
    ["2023-04-05", ""],
    ["2023-04-05", "2023-04-05 or 04/05/2023"],
  ])("%s in %j stays", (raw, quote) => {
    expect(read("date", raw, BRITISH, quote)).toMatchObject({ value: raw, alternatives: [] });
  });
});

describe("a number", () => {
  test("typed against the document's separator gives way, and stays as alternative", () => {
    expect(read("number", 1.234, COMMA, "Summe 1.234 €")).toMatchObject({ value: 1234, alternatives: [1.234], valid: true });
    expect(read("number", -1.234, POINT, "Balance -1,234")).toMatchObject({ value: -1234, alternatives: [-1.234] });
  });
  test("stays with the other reading where nothing tells", () => {
    expect(read("number", 1.234, facts("de"), "Summe 1.234 €")).toMatchObject({ value: 1.234, alternatives: [1234] });
  });
  test.each([
    [1234, "Summe 1.234 €"],
    [1234.5, "Summe 1.234,50 €"],
    [7, "Summe 1.234 €"],
    [1.234, "Faktor 1,234 und 1.234"],
  ])("%d in %j stays", (raw, quote) => {
    expect(read("number", raw, COMMA, quote)).toMatchObject({ value: raw });
  });
});

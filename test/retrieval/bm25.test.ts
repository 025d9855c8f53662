import { describe, expect, test } from "vitest";
import { buildPostings, matchedTerms, searchPostings } from "../../lib/retrieval/bm25.ts";
import { createAnalyser, stemmerName } from "../../lib/retrieval/words.ts";

describe("createAnalyser", () => {
  test("English: lower case, stems, no stop words, no single letters", () => {
    expect(createAnalyser("en")("The Invoices that weren't paid by J. Müller")).toEqual(["invoic", "weren", "paid", "müller"]);
  });

  test("other languages have their own stems and stop words", () => {
    const german = createAnalyser("de-AT");
    expect(german("die Rechnungen")).toEqual(german("der Rechnung"));
    const french = createAnalyser("fr");
    expect(french("les factures")).toEqual(french("une facture"));
    expect(stemmerName("nb")).toBe("norwegian");
  });

  test("an unknown language is only lower-cased, none at all is taken as English", () => {
    expect(createAnalyser("xx")("Running")).toEqual(["running"]);
    expect(createAnalyser("__proto__")("Running")).toEqual(["running"]);
    expect(createAnalyser("")("Running")).toEqual(["run"]);
    expect(createAnalyser("und")("Running")).toEqual(["run"]);
  });

  test("scripts without blanks give pairs of characters, full-width forms are folded", () => {
    expect(createAnalyser("ja")("請求書番号 ＡＢ１")).toEqual(["請求", "求書", "書番", "番号", "ab1"]);
  });

  test("a word without end is cut, not stemmed", () => {
    expect(createAnalyser("de")("a".repeat(100_000))).toEqual(["a".repeat(40)]);
  });
});

describe("searchPostings", () => {
  const texts = [
    ["red", "apple"],
    ["green", "apple", "apple"],
    ["red", "car", "car", "car"],
  ];
  const index = buildPostings(texts);

  test("postings are in term order, with each text's count", () => {
    expect(index.terms).toEqual(["apple", "car", "green", "red"]);
    expect([...index.starts]).toEqual([0, 2, 3, 4, 6]);
    expect([...index.postings]).toEqual([0, 1, 1, 2, 2, 3, 1, 1, 0, 1, 2, 1]);
    expect([...index.lengths]).toEqual([2, 3, 4]);
  });

  test("scores are those of the formula", () => {
    const [first] = searchPostings(index, ["green"]);
    const idf = Math.log(1 + (3 - 1 + 0.5) / (1 + 0.5));
    expect(first?.text).toBe(1);
    expect(first?.score).toBeCloseTo((idf * 1 * 2.2) / (1 + 1.2 * (1 - 0.75 + (0.75 * 3) / 3)), 10);
  });

  test("best first; texts without a term are left out", () => {
    const matches = searchPostings(index, ["red", "apple", "unknown"]);
    expect(matches.map(({ text }) => text)).toEqual([0, 1, 2]);
    expect(searchPostings(index, ["unknown"])).toEqual([]);
    expect(searchPostings(buildPostings([]), ["red"])).toEqual([]);
  });

  test("the terms that a text has, the weightiest first", () => {
    expect(matchedTerms(index, ["apple", "car", "red", "car", "unknown"], 2)).toEqual(["car", "red"]);
    expect(matchedTerms(index, ["car"], 0)).toEqual([]);
  });

  test("equal scores keep the texts' order, and a repeated query word counts twice", () => {
    const same = buildPostings([["a1"], ["a1"], ["b1"]]);
    expect(searchPostings(same, ["a1"]).map(({ text }) => text)).toEqual([0, 1]);
    expect(searchPostings(same, ["a1", "b1", "a1", "a1", "a1"])[0]?.text).toBe(0);
  });
});

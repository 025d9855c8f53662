import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentFacts, parseValue } from "../../lib/values/index.ts";

describe("decimal separator", () => {
  test.each([
    ["Total 1.234,56 EUR and 12,50", "comma"],
    ["Total 1,234.56 USD", "point"],
    ["12,50 3,99 7,00", "comma"],
    ["12.50 3.99 7.00", "point"],
    ["1'234.50 CHF", "point"],
    ["1 234,50 kr", "comma"],
    ["Umsatz 1.234.567 im Jahr", "comma"],
    ["Revenue 1,234,567", "point"],
    ["Faktor 0,125", "comma"],
    ["1,234", "unknown"],
    ["", "unknown"],
    ["12.50 and 12,50", "unknown"],
    ["Datum 20.03.2023, 21.03.2023 Uhrzeit 12.30.15", "unknown"],
  ])("%s proves %s", (text, decimal) => {
    expect(documentFacts(text, "en").decimal).toBe(decimal);
  });

  test("dates, times and versions do not outvote amounts", () => {
    expect(documentFacts("Rechnung vom 20.03.2023, fällig 20.04.2023. Summe 99,90 Versand 4,90", "de").decimal).toBe("comma");
  });
});

describe("date order", () => {
  test.each([
    ["Invoice date 04/05/2023, due 25/05/2023", "en", "dmy", "dates"],
    ["Invoice date 04/05/2023, due 05/25/2023", "en", "mdy", "dates"],
    ["Fällig am 25.05.2023", "en", "dmy", "dates"],
    ["04/05/2023 Springfield, IL 62704", "en", "mdy", "addresses"],
    ["04/05/2023 London SW1A 1AA United Kingdom", "en", "dmy", "addresses"],
    ["04/05/2023 VAT No GB123", "en", "dmy", "addresses"],
    ["04/05/2023 Total $ 12.00", "en", "mdy", "currency"],
    ["04/05/2023 Total £ 12.00", "en", "dmy", "currency"],
    ["04/05/2023 Total 12,00 €", "en", "dmy", "currency"],
    ["04/05/2023", "de", "dmy", "language"],
    ["04/05/2023", "en-GB", "dmy", "language"],
    ["04/05/2023", "en-US", "mdy", "language"],
    ["23/04/05", "ja", "ymd", "language"],
    ["04/05/2023", "en", undefined, undefined],
    ["04/05/2023", "und", undefined, undefined],
    ["", "en", undefined, undefined],
    ["05/25/2023 Berlin, Deutschland 12,00 €", "de", "mdy", "dates"],
    ["25/05/2023 and 05/25/2023", "en", undefined, undefined],
    ["20 March 2023, 2023-03-21", "en", undefined, undefined],
  ] as const)("%s (%s) is %s from %s", (text, language, order, from) => {
    expect(documentFacts(text, language)).toMatchObject({ dateOrder: order, dateOrderFrom: from });
  });

  test("a given country decides after addresses, before currency", () => {
    expect(documentFacts("04/05/2023 £ 12.00", "en", { country: "us" })).toMatchObject({ dateOrder: "mdy", dateOrderFrom: "country" });
    expect(documentFacts("04/05/2023 London SW1A 1AA", "en", { country: "us" })).toMatchObject({ dateOrder: "dmy", dateOrderFrom: "addresses" });
  });

  test("decides how a date of the same document is read", () => {
    const british = documentFacts("Date 04/05/2023 due 25/05/2023", "en");
    const american = documentFacts("Date 04/05/2023, Springfield, IL 62704", "en");
    expect(parseValue({ raw: "04/05/2023", type: "date", enforce: true, facts: british })).toMatchObject({ value: "2023-05-04", alternatives: [] });
    expect(parseValue({ raw: "04/05/2023", type: "date", enforce: true, facts: american })).toMatchObject({ value: "2023-04-05", alternatives: [] });
  });
});

describe("currency", () => {
  test.each([
    ["Total $12.00 and EUR 5.00, $3.00", "en", "USD"],
    ["12,00 €", "de", "EUR"],
    ["CHF 12.00", "de", "CHF"],
    ["1 234,50 kr", "sv", "SEK"],
    ["1 234,50 kr", "da", "DKK"],
    ["¥1,200", "ja", "JPY"],
    ["¥1,200", "zh", "CNY"],
    ["1 234,50 zł", "pl", "PLN"],
    ["$12.00 and 12.00 €", "en", undefined],
    ["12 PCS 5 ABC", "en", undefined],
  ])("%s (%s) is %s", (text, language, currency) => {
    expect(documentFacts(text, language).currency).toBe(currency);
  });
});

test("any text has facts", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.string(), (text, language) => {
      expect(["comma", "point", "unknown"]).toContain(documentFacts(text, language).decimal);
    }),
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isClearNumber } from "../../lib/values/number.ts";
import { facts, read } from "./support.ts";

const POINT = facts("en", { decimal: "point" });
const COMMA = facts("de", { decimal: "comma" });

describe("numbers with one reading in any document", () => {
  test.each([
    ["0", 0],
    ["7", 7],
    ["1249.5", 1249.5],
    ["1,234.56", 1234.56],
    ["1.234,56", 1234.56],
    ["1 234,56", 1234.56],
    ["1\u00a0234,56", 1234.56],
    ["1\u202f234\u202f567,89", 1234567.89],
    ["1'234.56", 1234.56],
    ["1’234’567.05", 1234567.05],
    ["12,34,567.89", 1234567.89],
    ["1,234,567", 1234567],
    ["1.234.567", 1234567],
    ["1 000 000", 1000000],
    ["0,5", 0.5],
    ["0.125", 0.125],
    [".50", 0.5],
    ["12,5", 12.5],
    ["1234,567", 1234.567],
    ["$1,234.00", 1234],
    ["US$ 1,234.00", 1234],
    ["1.234,00 €", 1234],
    ["EUR 1.234,00", 1234],
    ["€1.234,00", 1234],
    ["CHF 1'234.50", 1234.5],
    ["Fr. 12.50", 12.5],
    ["1 234,50 kr", 1234.5],
    ["kr 1 234,50", 1234.5],
    ["1 234,50 zł", 1234.5],
    ["R$ 1.234,56", 1234.56],
    ["£99", 99],
    ["¥12,345,678", 12345678],
    ["12 345,00 Kč", 12345],
    ["₹ 1,23,456.00", 123456],
    ["USD 45.00 USD", 45],
    ["$100.00 USD 100.00", 100],
    ["(1,234.56)", -1234.56],
    ["($5.00)", -5],
    ["$(5.00)", -5],
    ["(5,00 €)", -5],
    ["1,234.56-", -1234.56],
    ["1.234,56 -", -1234.56],
    ["5,00- €", -5],
    ["-5", -5],
    ["- 5.00", -5],
    ["−1.234,56", -1234.56],
    ["–5", -5],
    ["-€5.00", -5],
    ["€ -5,00", -5],
    ["EUR -5,00", -5],
    ["-$1,234.56", -1234.56],
    ["minus 5", -5],
    ["moins 12,50", -12.5],
    ["+49.00", 49],
    ["12 %", 12],
    ["12,5%", 12.5],
    ["19.00 %", 19],
    ["7.7 percent", 7.7],
    ["-3,2 %", -3.2],
    ["100,-", 100],
    ["100,-- €", 100],
    ["100.-", 100],
    ["Fr. 100.–", 100],
    ["100,— EUR", 100],
    ["30 days", 30],
    ["thirty (30) days", 30],
    ["Total: 45.00", 45],
    ["Total:45.00", 45],
    ["12kg", 12],
    ["85 m2", 85],
    ["85m²", 85],
    ["1.2 million", 1200000],
    ["3,4 Mio. €", 3400000],
    ["2.5bn", 2500000000],
    ["10k", 10000],
    ["$1.5M", 1500000],
    ["€3M", 3000000],
    ["USD 1.5m", 1500000],
    ["2M EUR", 2000000],
    ["$2B", 2000000000],
    ["1.5m", 1.5],
    ["1.5 m", 1.5],
    ["Rs. 500/-", 500],
    ["500.00/month", 500],
    ["SFr. 1'200.–", 1200],
    ["1,5 Mrd. EUR", 1500000000],
    ["2 millions d'euros", 2000000],
    ["3 miljoen", 3000000],
    ["1,5 mln zł", 1500000],
    ["1.5万円", 15000],
    ["１，２３４．５０", 1234.5],
    ["١٢٣٤", 1234],
    ["１２３円", 123],
    ["1.2e5", 120000],
    ["1.5E-3", 0.0015],
    ["  42  ", 42],
    ["$0.00", 0],
    ["-0", 0],
    ["No. 5", 5],
    ["# 17", 17],
    ["0.1", 0.1],
    ["9007199254740991", 9007199254740991],
  ])("%s is %d", (raw, value) => {
    const result = read("number", raw);
    expect(result).toMatchObject({ value, valid: true, alternatives: [] });
    expect(Object.is(result.value, -0)).toBe(false);
  });

  test.each([42, -1.5, 0])("a JSON number %d stays", (raw) => {
    expect(read("number", raw)).toMatchObject({ value: raw, valid: true });
  });

  test.each([
    ["12 %", /percent/],
    ["3 million", /unit word/],
    ["(5.00)", /parentheses/],
  ])("%s says how it was read", (raw, reason) => {
    expect(read("number", raw).reason).toMatch(reason);
  });
});

describe("what is no number is null with a reason, never 0", () => {
  test.each([
    "abc",
    "twelve",
    "$",
    "20.03.2023",
    "2023-03-20",
    "20/03/2023",
    "12:30",
    "10-20",
    "10 – 20",
    "between 10 and 20",
    "1/2",
    "INV-2023-001",
    "A4",
    "DE89 3704 0044 0532 0130 00",
    "+49 30 123456",
    "1.23.4",
    "1,2,3",
    "1,234.567.89",
    "12345678901234567890",
    "1e400",
    "192.168.0.1",
    "12A4",
    "3½",
    "½",
    "5'6\"",
    "2 x 50.00",
    "4 of 5",
    "1'23",
    "9".repeat(2000),
  ])("%s", (raw) => {
    const result = read("number", raw);
    expect(result.value).toBeNull();
    expect(result.valid).toBe(false);
    expect(result.reason).not.toBe("");
  });

  test.each([[[1, 2]], [{ a: 1 }], [true]])("%j", (raw) => {
    expect(read("number", raw)).toMatchObject({ value: null, valid: false });
  });

  test("several numbers are offered as alternatives", () => {
    expect(read("number", "5 - 10 %").alternatives).toEqual([5, 10]);
    expect(read("number", "between 10 and 20")).toMatchObject({ value: null, alternatives: [10, 20] });
  });
});

describe("a single separator before three digits", () => {
  test.each([
    ["1,234", POINT, 1234, []],
    ["1.234", POINT, 1.234, []],
    ["1,234", COMMA, 1.234, []],
    ["1.234", COMMA, 1234, []],
    ["1,234", facts("en"), 1234, [1.234]],
    ["1.234", facts("en"), 1.234, [1234]],
    ["1,234", facts("fr"), 1.234, [1234]],
    ["1.234", facts("de"), 1234, [1.234]],
    ["1.234 €", facts("es"), 1234, [1.234]],
    ["-1.234", facts("it"), -1234, [-1.234]],
    ["(1.234)", facts("nl"), -1234, [-1.234]],
    ["1.234", facts("de-ch"), 1.234, [1234]],
    ["1,234", facts("und"), 1234, [1.234]],
  ] as const)("%s", (raw, document, value, alternatives) => {
    expect(read("number", raw, document)).toMatchObject({ value, alternatives, valid: true });
  });
});

test.each([
  ["$5 mil", "en", 5e6],
  ["5 mil euros", "es", 5e3],
  ["1,5 Billion", "en", 1.5e9],
  ["1,5 Billionen €", "de", 1.5e12],
  ["2 billions", "fr", 2e12],
  ["5 Tsd. €", "de", 5e3],
  ["3 mila euro", "it", 3e3],
  ["4 tys. zł", "pl", 4e3],
])("%s (%s) is %d", (raw, language, value) => {
  expect(read("number", raw, language)).toMatchObject({ value, valid: true });
});

describe("clear numbers of table cells", () => {
  test.each(["12", "1,234.50", "€ 12,00", "12,00 EUR", "19 %", "-5", "(12.00)", "5.00-"])("%s is clear", (text) => {
    expect(isClearNumber(text, POINT)).toBe(true);
  });
  test.each(["00123", "4006381333931", "5 kg", "A4", "20.03.2023", "12 (of 13)", "", "-", "n/a"])("%s is not", (text) => {
    expect(isClearNumber(text, POINT)).toBe(false);
  });
});

describe("properties", () => {
  const locales = [
    "en-US",
    "en-GB",
    "en-IN",
    "de-DE",
    "de-AT",
    "de-CH",
    "fr-FR",
    "fr-CH",
    "es-ES",
    "it-IT",
    "nl-NL",
    "pl-PL",
    "pt-BR",
    "pt-PT",
    "sv-SE",
    "nb-NO",
    "da-DK",
    "fi-FI",
    "cs-CZ",
    "ja-JP",
  ];
  const amount = fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }).map((cents) => cents / 100);

  test("a formatted amount is read back", () => {
    fc.assert(
      fc.property(fc.constantFrom(...locales), amount, (locale, value) => {
        const raw = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(value);
        expect(read("number", raw, locale), `${locale} ${raw}`).toMatchObject({ value: value + 0, alternatives: [], valid: true });
      }),
    );
  });

  test("a formatted amount of money is read back", () => {
    fc.assert(
      fc.property(fc.constantFrom(...locales), fc.constantFrom("EUR", "USD", "GBP", "CHF", "PLN", "SEK", "JPY"), amount, (locale, currency, value) => {
        const raw = new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 2 }).format(value);
        expect(read("number", raw, locale), `${locale} ${raw}`).toMatchObject({ value: value + 0, valid: true });
      }),
    );
  });

  test("a whole number in a document of its locale is read back", () => {
    fc.assert(
      fc.property(fc.constantFrom(...locales), fc.integer(), (locale, value) => {
        const format = new Intl.NumberFormat(locale);
        const decimal = format.formatToParts(0.5).some((part) => part.value === ",") ? "comma" : "point";
        expect(read("number", format.format(value), facts(locale, { decimal })), locale).toMatchObject({ value: value + 0, alternatives: [], valid: true });
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isClearDate } from "../../lib/values/date.ts";
import { facts, read } from "./support.ts";

const DAY = "2023-03-20";

describe("20 March 2023 as the world writes it", () => {
  test.each([
    ["2023-03-20", "en"],
    ["2023-03-20T14:30:00Z", "en"],
    ["2023/03/20", "en"],
    ["2023.03.20", "hu"],
    ["2023. 3. 20.", "ko"],
    ["20230320", "en"],
    ["20230320T143000", "en"],
    ["20032023", "de"],
    ["20/03/2023", "en"],
    ["03/20/2023", "en"],
    ["3/20/23", "en"],
    ["20-03-2023", "nl"],
    ["20.03.2023", "de"],
    ["20.3.23", "de"],
    ["20. 3. 2023", "cs"],
    ["20.03.2023 14:30", "de"],
    ["20 03 2023", "fr"],
    ["20/03/'23", "en"],
    ["20th March 2023", "en"],
    ["20 March, 2023", "en"],
    ["March 20, 2023", "en"],
    ["March 20th, 2023", "en"],
    ["MARCH 20 2023", "en"],
    ["Mar. 20, 2023", "en"],
    ["Mar-20-2023", "en"],
    ["20-Mar-2023", "en"],
    ["20-MAR-23", "en"],
    ["20MAR2023", "en"],
    ["20 Mar '23", "en"],
    ["2023-Mar-20", "en"],
    ["Monday, 20 March 2023", "en"],
    ["Mon 20 Mar 2023 10:15", "en"],
    ["the 20th day of March, 2023", "en"],
    ["20 March 2023: delivery", "en"],
    ["20. März 2023", "de"],
    ["20.März.2023", "de"],
    ["20. Mrz. 2023", "de"],
    ["Montag, den 20. Maerz 2023", "de"],
    ["20 mars 2023", "fr"],
    ["lundi 20 mars 2023", "fr"],
    ["mar. 20 mars 2023", "fr"],
    ["20 de marzo de 2023", "es"],
    ["20 de marzo del 2023", "es"],
    ["20 marzo 2023", "it"],
    ["20 maart 2023", "nl"],
    ["20e maart 2023", "nl"],
    ["20 marca 2023 r.", "pl"],
    ["20 marca 2023r.", "pl"],
    ["20 de março de 2023", "pt"],
    ["20 mars 2023", "sv"],
    ["den 20. marts 2023", "da"],
    ["20. mars 2023", "no"],
    ["20. maaliskuuta 2023", "fi"],
    ["20. března 2023", "cs"],
    ["2023. március 20.", "hu"],
    ["20 martie 2023", "ro"],
    ["20 Mart 2023", "tr"],
    ["20 марта 2023 г.", "ru"],
    ["20 березня 2023", "uk"],
    ["2023年3月20日", "ja"],
    ["2023 年 03 月 20 日", "zh"],
    ["２０２３年３月２０日", "ja"],
    ["令和5年3月20日", "ja"],
    ["民國112年3月20日", "zh"],
    ["2023년 3월 20일", "ko"],
    ["ngày 20 tháng 3 năm 2023", "vi"],
    ["2023. gada 20. marts", "lv"],
    ["2023 m. kovo 20 d.", "lt"],
    ["20 Μαρτίου 2023", "el"],
    ["20 март 2023 г.", "bg"],
    ["20 tháng 3, 2023", "vi"],
    ["٢٠ مارس ٢٠٢٣", "ar"],
    ["二〇二三年三月二十日", "zh"],
    ["R5.3.20", "ja"],
    ["20 th March 2023", "en"],
    ["20/3-2023", "da"],
    ["Mon Mar 20 10:15:00 2023", "en"],
    ["the twentieth of March 2023", "en"],
    ["3/20/2023 12:00:00 AM", "en"],
    ["20-3-'23", "nl"],
    ["20 March 2023 (20/03/2023)", "en"],
    ["Date: 20 March 2023", "en"],
  ])("%s (%s)", (raw, language) => {
    expect(read("date", raw, language)).toMatchObject({ value: DAY, alternatives: [], valid: true });
  });

  test.each([
    ["1er mars 2023", "fr", "2023-03-01"],
    ["1º de março de 2023", "pt", "2023-03-01"],
    ["1° gennaio 2024", "it", "2024-01-01"],
    ["1. Jänner 2024", "de", "2024-01-01"],
    ["3 Nov 23", "nl", "2023-11-03"],
    ["3 nov. 23", "fr", "2023-11-03"],
    ["15 août 2022", "fr", "2022-08-15"],
    ["15 sierpnia 2022", "pl", "2022-08-15"],
    ["1. Juni 99", "de", "1999-06-01"],
    ["29 February 2024", "en", "2024-02-29"],
    ["01.05.14", "en", "2014-05-01"],
    ["平成元年1月8日", "ja", "1989-01-08"],
    ["31 de diciembre de 2021", "es", "2021-12-31"],
    ["14. mai 2021", "no", "2021-05-14"],
    ["5 października 2020", "pl", "2020-10-05"],
    ["28 Şubat 2021", "tr", "2021-02-28"],
  ])("%s (%s) is %s", (raw, language, value) => {
    expect(read("date", raw, language)).toMatchObject({ value, alternatives: [], valid: true });
  });
});

describe("04/05/2023", () => {
  test.each([
    ["dmy", "2023-05-04", []],
    ["mdy", "2023-04-05", []],
  ] as const)("is decided by evidence: %s", (dateOrder, value, alternatives) => {
    const result = read("date", "04/05/2023", facts("en", { dateOrder, dateOrderFrom: "dates", dateOrderReason: "another date of the document" }));
    expect(result).toMatchObject({ value, alternatives, valid: true });
    expect(result.reason).toContain("another date of the document");
  });

  test("gives both readings without evidence", () => {
    expect(read("date", "04/05/2023", "en")).toMatchObject({ value: "2023-04-05", alternatives: ["2023-05-04"], valid: true });
    expect(read("date", "04/05/2023", "sv")).toMatchObject({ value: "2023-05-04", alternatives: ["2023-04-05"], valid: true });
  });

  test("with points is day first, unless the document's own dates with points say otherwise", () => {
    expect(read("date", "04.05.2023", facts("en", { dateOrder: "mdy", dateOrderFrom: "currency" }))).toMatchObject({ value: "2023-05-04", alternatives: [] });
    expect(read("date", "04.05.2023", facts("en", { dateOrder: "mdy", dateOrderFrom: "dates" }))).toMatchObject({ value: "2023-04-05", alternatives: [] });
  });

  test("an impossible month overrules the document", () => {
    expect(read("date", "04/15/2023", facts("de"))).toMatchObject({ value: "2023-04-15", alternatives: [] });
  });

  test("two-digit years may come first", () => {
    expect(read("date", "23/04/05", facts("ja"))).toMatchObject({ value: "2023-04-05", alternatives: [] });
    expect(read("date", "99-12-31", "en")).toMatchObject({ value: "1999-12-31", alternatives: [] });
    expect(read("date", "22-12-31", "en")).toMatchObject({ value: "2022-12-31", alternatives: ["2031-12-22"] });
    expect(read("date", "22/12/31", "en")).toMatchObject({ value: "2031-12-22", alternatives: ["2022-12-31"] });
    expect(read("date", "22.12.31", "de")).toMatchObject({ value: "2031-12-22", alternatives: [] });
  });
});

describe("what is no day is null with a reason", () => {
  test.each([
    ["31 February 2023", /no such day/],
    ["31.02.2023", /no such day/],
    ["29 February 2023", /no such day/],
    ["2023-13-01", /no such day/],
    ["2023年2月30日", /no such day/],
    ["March 2023", /missing/],
    ["20 March", /year/],
    ["2023", /missing/],
    ["tomorrow", /no day/],
    ["Net 30 days", /missing/],
    ["1 March 2023 - 31 March 2023", /2 different dates/],
    ["20–26 March 2023", /period/],
    ["March 20-26, 2023", /missing/],
    ["Mar 20 - Mar 26, 2023", /period/],
    ["20. bis 26. März 2023", /period/],
    ["R5.3.20", /missing/],
    ["5/7 May 2021", /missing/],
    ["2023-03-20 to 2023-04-20", /2 different dates/],
    ["20230320-001", /missing|unreadable/],
    ["v1.2.20", /missing/],
    ["44/22/2023", /no such day/],
    ["x".repeat(5000), /too long/],
    ["12 Foo 2023", /missing/],
  ])("%s", (raw, reason) => {
    const result = read("date", raw);
    expect(result).toMatchObject({ value: null, valid: false });
    expect(result.reason).toMatch(reason);
  });

  test("both ends of a period are alternatives", () => {
    expect(read("date", "01.03.2023 - 31.03.2023", "de").alternatives).toEqual(["2023-03-01", "2023-03-31"]);
  });
});

describe("clear dates of table cells", () => {
  test.each(["20.03.2023", "2023-03-20", "20 March 2023"])("%s is clear", (text) => expect(isClearDate(text, facts("de"))).toBe(true));
  test.each(["04/05/2023", "Week of 20.03.2023", "12.50", "March"])("%s is not", (text) => expect(isClearDate(text, facts("en"))).toBe(false));
});

describe("properties", () => {
  const day = fc.date({ min: new Date("1950-01-01"), max: new Date("2049-12-31"), noInvalidDate: true });
  const locales = [
    "en-US",
    "en-GB",
    "de-DE",
    "fr-FR",
    "es-ES",
    "it-IT",
    "nl-NL",
    "pl-PL",
    "pt-BR",
    "sv-SE",
    "nb-NO",
    "da-DK",
    "fi-FI",
    "cs-CZ",
    "hu-HU",
    "ro-RO",
    "tr-TR",
    "ru-RU",
    "ja-JP",
    "zh-CN",
    "ko-KR",
  ];

  test.each(["long", "medium"] as const)("a day written in %s form in any language is read back", (dateStyle) => {
    fc.assert(
      fc.property(fc.constantFrom(...locales), day, (locale, date) => {
        const raw = new Intl.DateTimeFormat(locale, { dateStyle, timeZone: "UTC" }).format(date);
        expect(read("date", raw, locale), `${locale} ${raw}`).toMatchObject({ value: date.toISOString().slice(0, 10), valid: true });
      }),
    );
  });

  test("a numeric day is always among the readings, and first where the order is known", () => {
    fc.assert(
      fc.property(day, fc.constantFrom("dmy" as const, "mdy" as const), fc.constantFrom("/", "-"), (date, dateOrder, separator) => {
        const iso = date.toISOString().slice(0, 10);
        const [year = "", month = "", ofMonth = ""] = iso.split("-");
        const raw = (dateOrder === "dmy" ? [ofMonth, month, year] : [month, ofMonth, year]).join(separator);
        expect(read("date", raw, facts("en", { dateOrder, dateOrderFrom: "dates" }))).toMatchObject({ value: iso, alternatives: [] });
        const open = read("date", raw, "en");
        expect([open.value, ...open.alternatives]).toContain(iso);
      }),
    );
  });
});

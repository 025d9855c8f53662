import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findPii, type PiiKind } from "../../lib/evaluation/pii.ts";
import { piiPlaces } from "../../lib/evaluation/pii-check.ts";

/** The finding's kind and text, for tests only: findings themselves hold places. */
function found(text: string, language?: string): [PiiKind, string][] {
  return findPii(text, language === undefined ? {} : { language }).map(({ kind, start, end }) => [kind, text.slice(start, end)]);
}

describe("finds", () => {
  test.each<[PiiKind, string, string]>([
    ["EMAIL_ADDRESS", "Write to ann.lee+x@mail.example.org, please.", "ann.lee+x@mail.example.org"],
    ["IBAN_CODE", "Pay to GB33 BUKB 2020 1555 5555 55 by Monday", "GB33 BUKB 2020 1555 5555 55"],
    ["IBAN_CODE", "IBAN:DE89370400440532013000 BIC COBADEFF", "DE89370400440532013000"],
    ["CREDIT_CARD", "card 5555 5555 5555 4444 was charged", "5555 5555 5555 4444"],
    ["PHONE_NUMBER", "Call (212) 555-0147 today", "(212) 555-0147"],
    ["PHONE_NUMBER", "Phone: +49 30 901820", "+49 30 901820"],
    ["IP_ADDRESS", "from 10.1.2.3 at noon", "10.1.2.3"],
    ["IP_ADDRESS", "host [2001:db8::17]:80", "2001:db8::17"],
    ["MAC_ADDRESS", "device 3C-22-FB-4A-09-1E", "3C-22-FB-4A-09-1E"],
    ["US_SSN", "SSN 219-09-9999", "219-09-9999"],
    ["US_ITIN", "ITIN 912-70-4321", "912-70-4321"],
    ["UK_NHS", "NHS number 943 476 5919", "943 476 5919"],
    ["CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"],
    ["CRYPTO", "to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq now", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"],
    ["PASSPORT", "Passport no. C01X00T47", "C01X00T47"],
    ["DATE_TIME", "born on 12 March 1988 in Rome", "12 March 1988"],
    ["URL", "see https://example.org/a?b=1.", "https://example.org/a?b=1"],
    ["DE_TAX_ID", "Steuer-ID 86 095 742 719", "86 095 742 719"],
  ])("%s in %j", (kind, text, expected) => {
    expect(found(text)).toContainEqual([kind, expected]);
  });

  test("a national number by the document's language", () => {
    expect(found("Telefon 030 901820", "de")).toEqual([["PHONE_NUMBER", "030 901820"]]);
  });
});

describe("leaves alone", () => {
  test.each([
    "card 5555 5555 5555 4445 was charged",
    "IBAN DE89370400440532013001",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
    "my address is info@nowhere.",
    "192.168.1.256",
    "at 12:34:56 sharp",
    "std::vector",
    "666-12-3456",
    "Total 1,249.50 of 3 items",
    "Invoice 20240017",
  ])("%j", (text) => {
    expect(found(text)).toEqual([]);
  });
});

test("findings ascend, lie in the text, and never overlap", () => {
  const piece = fc.constantFrom(
    "4111 1111 1111 1111",
    "a@b.example.com",
    "10.0.0.1",
    "+1 212 555 0147",
    "2024-01-02",
    "x",
    " ",
    ",",
    "GB33BUKB20201555555555",
    "-",
    "9",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      let last = 0;
      for (const { start, end, score } of findPii(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThanOrEqual(1);
        last = end;
      }
    }),
    { numRuns: 200 },
  );
});

test.each(["1 ".repeat(30_000), "a.".repeat(30_000), "1-".repeat(30_000), ":".repeat(60_000), "A1".repeat(30_000), "@a".repeat(30_000)])(
  "hostile repetition ends (case %#)",
  (text) => {
    expect(Array.isArray(findPii(text))).toBe(true);
  },
);

test("places in a structure are JSON pointers", () => {
  const value = { contacts: [{ "e-mail": "to a@b.example.com" }] };
  expect(piiPlaces(value, "json", "en")).toEqual([{ kind: "EMAIL_ADDRESS", at: "/contacts/0/e-mail", start: 3, end: 18 }]);
});

/** E-mail, boolean, text, and answers that mean absent. */
import { describe, expect, test } from "vitest";
import { meansAbsent } from "../../lib/values/absent.ts";
import { read } from "./support.ts";

describe("email", () => {
  test.each([
    ["jane.doe@example.com", "jane.doe@example.com"],
    ["  Jane.Doe@Example.COM ", "Jane.Doe@Example.COM"],
    ["E-Mail: info@firma.de", "info@firma.de"],
    ["mailto:info@firma.de", "info@firma.de"],
    ["Jane Doe <jane@example.co.uk>", "jane@example.co.uk"],
    ["Contact us at sales@example.com.", "sales@example.com"],
    ["(sales@example.com)", "sales@example.com"],
    ["info (at) firma.de", "info@firma.de"],
    ["info [at] firma [dot] de", "info@firma.de"],
    ["info@ firma.de", "info@firma.de"],
    ["jörg@müller.de", "jörg@müller.de"],
    ["o'neil+tag@mail.example.org", "o'neil+tag@mail.example.org"],
    ["ｉｎｆｏ＠ｆｉｒｍａ．ｄｅ", "info@firma.de"],
    ["see info@firma.de/kontakt", "info@firma.de"],
    ["info@firma.de, INFO@firma.de", "INFO@firma.de"],
  ])("%s", (raw, value) => {
    expect(read("email", raw)).toMatchObject({ value, alternatives: [], valid: true });
  });

  test("the first of several, the others as alternatives", () => {
    expect(read("email", "a@x.com; b@x.com, c@x.com")).toMatchObject({ value: "a@x.com", alternatives: ["b@x.com", "c@x.com"] });
  });

  test.each(["jane.doe", "jane@", "@example.com", "jane@example", "jane@@example.com", "a b", "www.example.com", 5, true])("%s is none", (raw) => {
    expect(read("email", raw)).toMatchObject({ value: null, valid: false });
  });
});

describe("boolean", () => {
  test.each([
    ..."yes|Yes.|YES|y|true|TRUE|ja|Ja|oui|sí|Sì|sim|tak|kyllä|ano|igen|да|はい|是|예|✓|✔|☑|☒|[x]|[X]|(x)|x|1|on|checked|wahr|vrai|verdadero|Yes, the contract renews.|Ja, automatisch|☑ Yes ☐ No|Yes [x] No [ ]|[x] Ja [ ] Nein|Oui ☒ Non ☐|☑ agreed|✓ Included|Yes (see clause 5)|trifft zu"
      .split("|")
      .map((raw) => [raw, true] as const),
    ..."no|No.|NO|n|false|nein|Nein|non|não|nie|nee|nej|nei|ne|nem|нет|いいえ|否|아니오|✗|✘|☐|[ ]|0|off|falsch|faux|falso|No, it does not.|Nein – nur auf Antrag|☐ Yes ☑ No|Yes [ ] No [x]|☐ Sí ☒ No|[ ] agreed|no - see annex|✗ Included|nicht enthalten"
      .split("|")
      .map((raw) => [raw, false] as const),
    [true, true],
    [false, false],
    [1, true],
    [0, false],
  ] as const)("%s is %s", (raw, value) => {
    expect(read("boolean", raw)).toMatchObject({ value, valid: true });
  });

  test.each(["maybe", "Yes/No", "No. 12345", "Nora", "☐ Yes ☐ No", "☑ Yes ☑ No", "2", 2, "yesterday", "x".repeat(5000), "the contract"])(
    "%s is neither, never false",
    (raw) => {
      expect(read("boolean", raw)).toMatchObject({ value: null, valid: false });
    },
  );
});

describe("text", () => {
  test.each([
    ["  ACME  GmbH \n Berlin\t1 ", "ACME GmbH Berlin 1"],
    ["Zero\u200bwidth soft\u00adhyphen", "Zerowidth softhyphen"],
    ["O'Neil & Søn – “quoted”", "O'Neil & Søn – “quoted”"],
    ["００７", "００７"],
    [42, "42"],
    [true, "true"],
    [["one"], "one"],
    [
      [" a ", "b"],
      ["a", "b"],
    ],
    [{ a: 1 }, '{"a":1}'],
  ])("%j", (raw, value) => {
    expect(read("text", raw)).toMatchObject({ value, valid: true });
  });
});

describe("absent", () => {
  test.each([
    null,
    "",
    "  ",
    "NA",
    "n/a",
    "N.A.",
    "None",
    "null",
    "-",
    "—",
    "not found",
    "Not specified.",
    "Not mentioned in the document",
    "The document does not mention a due date.",
    "The provided context does not contain this information.",
    "No due date is mentioned.",
    "k.A.",
    "nicht angegeben",
    "néant",
    "Non renseigné",
    "no especificado",
    "non disponibile".replace("disponibile", "indicato"),
    "não informado",
    "n.v.t.",
    "brak",
    "saknas",
    "記載なし",
    "不适用",
    "[N/A]",
    [],
    {},
    [null, "n/a"],
  ])("%j", (raw) => {
    expect(meansAbsent(raw)).toBe(true);
    expect(read("number", raw)).toMatchObject({ value: null, valid: true, alternatives: [] });
    expect(read("json", raw)).toMatchObject({ value: null, valid: true });
  });

  test.each(["0", 0, false, "no", "Nader", "NAV", "nothing else matters", "No smoking is allowed here", "-5", "Unknown Artist GmbH", ["a", null]])(
    "%j is an answer",
    (raw) => {
      expect(meansAbsent(raw)).toBe(false);
    },
  );

  test("a value that the quote prints stays", () => {
    expect(read("text", "NA", "en", "Country code: NA")).toMatchObject({ value: "NA", valid: true });
    expect(read("text", "None", "en", "Allergies: None")).toMatchObject({ value: "None", valid: true });
    expect(read("text", "NA", "en", "NATIONAL")).toMatchObject({ value: null, valid: true });
    expect(read("text", "NA", "en", "n/a")).toMatchObject({ value: null });
    expect(read("text", "-", "en", "Phone: -")).toMatchObject({ value: null });
    expect(read("number", "N/A", "en", "Total: N/A")).toMatchObject({ value: null, valid: true });
  });
});

/** Currency marks: how they are written around an amount, and which currency a document names most. */
import { primaryLanguage } from "./types.ts";

const CODES = new Set(
  (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN " +
    "QAR RMB RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR DEM FRF ITL ATS NLG ESP"
  ).split(" "),
);

const SYMBOLS: Readonly<Record<string, string>> = {
  "€": "EUR",
  "£": "GBP",
  "₹": "INR",
  "₽": "RUB",
  "₩": "KRW",
  "₺": "TRY",
  "₴": "UAH",
  "₫": "VND",
  "₪": "ILS",
  "฿": "THB",
  zł: "PLN",
  kč: "CZK",
  ft: "HUF",
  lei: "RON",
  rm: "MYR",
  r$: "BRL",
  us$: "USD",
  c$: "CAD",
  ca$: "CAD",
  a$: "AUD",
  au$: "AUD",
  hk$: "HKD",
  nt$: "TWD",
  s$: "SGD",
  mx$: "MXN",
  nz$: "NZD",
  euro: "EUR",
  euros: "EUR",
  eur: "EUR",
  fr: "CHF",
  "fr.": "CHF",
  sfr: "CHF",
  "sfr.": "CHF",
  "rs.": "INR",
  rs: "INR",
  dollar: "USD",
  dollars: "USD",
  pounds: "GBP",
  円: "JPY",
  元: "CNY",
  원: "KRW",
};

const KRONA: Readonly<Record<string, string>> = { sv: "SEK", da: "DKK", no: "NOK", nb: "NOK", nn: "NOK", is: "ISK" };

/** The currency that a mark stands for ("€", "EUR", "kr", "Fr."), undefined for any other text. `language` decides kr, ¥ and the bare $ counts as USD. */
function currencyOf(mark: string, language: string): string | undefined {
  const word = mark.trim().toLowerCase();
  if (CODES.has(word.toUpperCase()) && word.length === 3) return word === "rmb" ? "CNY" : word.toUpperCase();
  if (word === "$") return "USD";
  if (word === "¥") return primaryLanguage(language) === "zh" ? "CNY" : "JPY";
  if (word === "kr" || word === "kr.") return KRONA[primaryLanguage(language)] ?? "SEK";
  if (Object.hasOwn(SYMBOLS, word)) return SYMBOLS[word];
  // Other countries' letters before a sign, as in JP¥ and Bds$.
  const [, sign] = /^\p{L}{1,3}(\p{Sc})$/u.exec(word) ?? [];
  return sign === undefined ? undefined : currencyOf(sign, language);
}

const MARK = "[\\p{L}]{0,3}\\p{Sc}|[\\p{L}]{1,7}\\.?|[円元원]";
const MARK_AT_END = new RegExp(`(?:^|(?<![\\p{L}]))(${MARK})\\s{0,3}$`, "u");
const MARK_AT_START = new RegExp(`^\\s{0,3}(${MARK})(?![\\p{L}])`, "u");

/** `text` without a currency mark at its end, and whether there was one. White space at that end goes too. */
export function withoutCurrencyAtEnd(text: string): { rest: string; found: boolean } {
  const match = MARK_AT_END.exec(text);
  const found = match?.[1] !== undefined && currencyOf(match[1], "") !== undefined;
  return { rest: (found ? text.slice(0, match.index) : text).trimEnd(), found };
}

/** `text` without a currency mark at its start, and whether there was one. White space at that end goes too. */
export function withoutCurrencyAtStart(text: string): { rest: string; found: boolean } {
  const match = MARK_AT_START.exec(text);
  const found = match?.[1] !== undefined && currencyOf(match[1], "") !== undefined;
  return { rest: (found ? text.slice(match[0].length) : text).trimStart(), found };
}

const MARKED_AMOUNT =
  /(?<![\p{L}\p{N}])((?:\p{L}{0,2}\p{Sc})|(?:[A-Z]{3})|kr\.?|RM|zł|Kč)\s?-?\d|\d\s?((?:\p{Sc})|(?:[A-Z]{3}|kr|zł|Kč|円|元|원))(?![\p{L}\p{N}])/gu;

/** The currency that stands beside the most amounts of a text; undefined where none does, or two do equally often. */
export function currencyInText(text: string, language: string): string | undefined {
  const counts = new Map<string, number>();
  for (const match of text.matchAll(MARKED_AMOUNT)) {
    const code = currencyOf(match[1] ?? match[2] ?? "", language);
    if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const ranked = [...counts].sort((left, right) => right[1] - left[1]);
  return ranked[0] && ranked[0][1] > (ranked[1]?.[1] ?? 0) ? ranked[0][0] : undefined;
}

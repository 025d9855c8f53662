/** What a document's own text says about how it writes numbers and dates. Computed once per document. */
import { currencyInText } from "./currency.ts";
import { dayInOrder, findDates, foldDateText } from "./date-patterns.ts";
import { decimalEvidence } from "./separators.ts";
import { type DateOrder, type DocumentFacts, primaryLanguage } from "./types.ts";

/** How much of a document is looked at, UTF-16 code units: enough for some 500 pages. */
const MAXIMUM_EVIDENCE_LENGTH = 1_000_000;

interface Evidence {
  order: DateOrder | undefined;
  from: DocumentFacts["dateOrderFrom"];
  reason: string;
}

const NONE: Evidence = { order: undefined, from: undefined, reason: "nothing in the document tells" };

function majority(votes: Readonly<Record<DateOrder, number>>, from: Evidence["from"], reason: string): Evidence | undefined {
  const ranked = (["dmy", "mdy", "ymd"] as const).toSorted((left, right) => votes[right] - votes[left]);
  const [first = "dmy", second = "mdy"] = ranked;
  return votes[first] > 0 && votes[first] >= 3 * votes[second] ? { order: first, from, reason } : undefined;
}

/** Dates whose digits allow one order only, such as 20/03/2023. A date with points votes like any other; one with the year in front says nothing about the others. */
function fromDates(text: string, language: string): Evidence | undefined {
  const votes: Record<DateOrder, number> = { dmy: 0, mdy: 0, ymd: 0 };
  for (const found of findDates(foldDateText(text), language).dates) {
    if (found.is !== "numeric") continue;
    const yearFirst = dayInOrder(found.parts, "ymd") !== undefined;
    const possible = (["dmy", "mdy"] as const).filter((order) => dayInOrder(found.parts, order) !== undefined);
    const [first, second] = found.parts;
    if (possible.length === 1 && possible[0] && first !== second && !yearFirst) votes[possible[0]]++;
    else if (possible.length === 0 && yearFirst) votes.ymd++;
  }
  return majority(votes, "dates", "another date of the document allows only this order");
}

const STATES =
  "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC";
const UNITED_STATES = new RegExp(
  `(?<![\\p{L}\\d])(?:(?:${STATES})\\.?,? {1,2}\\d{5}(?:-\\d{4})?(?!\\d)|USA(?!\\p{L})|U\\.S\\.A\\.|United States|LLC(?!\\p{L})|Inc\\.)`,
  "gu",
);
const DAY_FIRST_COUNTRIES =
  /(?<![\p{L}\d])(?:[A-Z]{1,2}\d[A-Z\d]? {1,2}\d[A-Z]{2}(?![\p{L}\d])|United Kingdom|England|Scotland|Ireland|Australia|New Zealand|India|Singapore|South Africa|Deutschland|Germany|Österreich|Austria|Schweiz|Suisse|Switzerland|France|España|Spain|Italia|Italy|Portugal|Brasil|Brazil|México|Mexico|Nederland|Netherlands|België|Belgique|Belgium|Polska|Poland|Danmark|Denmark|Norge|Norway|Suomi|Finland|(?:DE|FR|IT|ES|NL|PL|BE|PT|DK|FI|IE)\d{8,11}(?!\d)|ATU\d{8}|CHE-?\d{3}|GSTIN|VAT (?:No|Reg|number)|GST (?:No|Reg|ID)|USt-?Id|Malaysia|GmbH|PLC|Pty\.? Ltd|(?:Sdn|SDN)\.? (?:Bhd|BHD)|Pte\.? Ltd|Pvt\.? Ltd|S\.p\.A\.|S\.r\.l\.|B\.V\.|Sp\. z o\.o\.|Ltda|A\/S)(?!\p{L})/gu;
const YEAR_FIRST_COUNTRIES = /(?:日本|東京|大阪|中国|上海|北京|台灣|대한민국|서울|Magyarország|(?<!\p{L})(?:Japan|China|Taiwan|Korea|Hungary)(?!\p{L}))/gu;

function fromCountries(text: string): Evidence | undefined {
  const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
  const votes = { dmy: count(DAY_FIRST_COUNTRIES), mdy: count(UNITED_STATES), ymd: count(YEAR_FIRST_COUNTRIES) };
  return majority(votes, "addresses", "the addresses of the document are of a country that writes so");
}

const ORDER_BY_CURRENCY: Readonly<Record<string, DateOrder>> = { USD: "mdy", JPY: "ymd", CNY: "ymd", KRW: "ymd", TWD: "ymd", HUF: "ymd" };
const ORDERLESS_CURRENCIES = new Set(["CAD", "PHP", "SEK"]);

function fromCurrency(currency: string | undefined): Evidence | undefined {
  if (currency === undefined || ORDERLESS_CURRENCIES.has(currency)) return undefined;
  return { order: ORDER_BY_CURRENCY[currency] ?? "dmy", from: "currency", reason: `the document's currency is ${currency}` };
}

const ORDER_BY_LANGUAGE: Readonly<Record<string, DateOrder>> = { "en-us": "mdy", zh: "ymd", ja: "ymd", ko: "ymd", hu: "ymd" };
const ORDERLESS_LANGUAGES = new Set(["en", "und", "", "sv"]);

function fromLanguage(language: string): Evidence | undefined {
  const order = ORDER_BY_LANGUAGE[language] ?? ORDER_BY_LANGUAGE[primaryLanguage(language)];
  if (order !== undefined) return { order, from: "language", reason: `the document's language is ${language}` };
  return ORDERLESS_LANGUAGES.has(language) ? undefined : { order: "dmy", from: "language", reason: `the document's language is ${language}` };
}

function fromOption(country: string | undefined): Evidence | undefined {
  if (country === undefined) return undefined;
  const code = country.toUpperCase();
  const order = code === "US" ? "mdy" : ["JP", "CN", "KR", "TW", "HU"].includes(code) ? "ymd" : "dmy";
  return { order, from: "country", reason: `the country given is ${code}` };
}

/**
 * The facts of a document, from its reading text (of which the first million characters count) and its language ("de", "en-GB"; "und" where unknown).
 * The date order comes from the first of these that tells: an unambiguous date, the countries of its addresses, `options.country` (ISO 3166), currency, language.
 */
export function documentFacts(text: string, language: string, options: { country?: string } = {}): DocumentFacts {
  const evidence = text.slice(0, MAXIMUM_EVIDENCE_LENGTH);
  const tag = language.toLowerCase();
  const { decimal, reason } = decimalEvidence(evidence);
  const currency = currencyInText(evidence, tag);
  const order = fromDates(evidence, tag) ?? fromCountries(evidence) ?? fromOption(options.country) ?? fromCurrency(currency) ?? fromLanguage(tag) ?? NONE;
  return { language: tag, decimal, decimalReason: reason, dateOrder: order.order, dateOrderFrom: order.from, dateOrderReason: order.reason, currency };
}

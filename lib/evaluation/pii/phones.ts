/** Telephone numbers, read by libphonenumber. */
import { type CountryCode, findPhoneNumbersInText } from "libphonenumber-js";
import { hasContext, type PiiFinding } from "./recogniser.ts";

/** Where numbers without a country's code may be from, likeliest first; a language says more than none. */
const COUNTRIES: readonly CountryCode[] = ["US", "GB", "DE", "FR", "ES", "IT", "NL", "IL", "JP", "IN"];
const BY_LANGUAGE: Readonly<Record<string, readonly CountryCode[]>> = {
  de: ["DE", "AT", "CH"],
  fr: ["FR", "BE", "CH"],
  es: ["ES", "MX", "AR"],
  it: ["IT", "CH"],
  nl: ["NL", "BE"],
  pt: ["PT", "BR"],
  pl: ["PL"],
  sv: ["SE"],
  da: ["DK"],
  no: ["NO"],
  fi: ["FI"],
  ja: ["JP"],
};
const WORDS =
  /\b(?:phones?|telephone|tel|mobile|cell|call|fax|contact|handy|mobil|telefon|telefax|rufnummer|t[ée]l[ée]phone|t[ée]l[ée]fono|telefono|telefoon|whatsapp)\b|☎|✆/i;
/** Where there may be a number at all: seven digits with no more than brackets, dots, dashes, slashes and blanks between. */
const CANDIDATE = /[+(]?\d(?:[ \t().\u00a0/-]{0,3}\d){6,19}/gu;
/** Around a candidate, so that the library sees what is joined to it. */
const MARGIN = 3;
const MOST_CANDIDATES = 500;

interface Found {
  start: number;
  end: number;
}

function readAs(text: string, country: CountryCode | undefined): Found | undefined {
  const [found] = country === undefined ? findPhoneNumbersInText(text) : findPhoneNumbersInText(text, country);
  return found === undefined ? undefined : { start: found.startsAt, end: found.endsAt };
}

/** Bare digits, short ones and dotted amounts are numbers of something else unless words around say otherwise. */
function looksDialled(digits: string): boolean {
  if (digits.replace(/\D/g, "").length < 9 || /[ -]\d$|^\d{3}-\d{2}-\d{4}$/.test(digits)) return false;
  return /^[+(]/.test(digits) || /^0?\d{1,5}[ /-]\d{2,}/.test(digits) || /^\d{3}\.\d{3}\.\d{4}$/.test(digits);
}

/** The telephone numbers of a text. At most 500 candidates are looked at. */
export function phonesIn(text: string, language: string): PiiFinding[] {
  const own = BY_LANGUAGE[language.toLowerCase().split("-")[0] ?? ""] ?? [];
  const countries = [...new Set([...own, ...COUNTRIES])];
  const findings: PiiFinding[] = [];
  let looked = 0;
  for (const { index, 0: candidate } of text.matchAll(CANDIDATE)) {
    if (++looked > MOST_CANDIDATES) break;
    const from = Math.max(0, index - MARGIN);
    const around = text.slice(from, index + candidate.length + MARGIN);
    const isBacked = hasContext(text, index, index + candidate.length, WORDS);
    if (!isBacked && !looksDialled(candidate)) continue;
    const found = candidate.startsWith("+") ? readAs(around, undefined) : firstOf(countries, around);
    if (found === undefined) continue;
    const score = isBacked ? 1 : candidate.startsWith("+") ? 0.8 : 0.5;
    findings.push({ kind: "PHONE_NUMBER", start: from + found.start, end: from + found.end, score });
  }
  return findings;
}

function firstOf(countries: readonly CountryCode[], text: string): Found | undefined {
  for (const country of countries) {
    const found = readAs(text, country);
    if (found) return found;
  }
  return undefined;
}

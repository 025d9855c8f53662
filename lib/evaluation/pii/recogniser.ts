/** The kinds of personal data, and how a pattern becomes a finding. */

/** Named as in Microsoft Presidio, so that findings can be compared. */
export const PII_KINDS = [
  "ABA_ROUTING_NUMBER",
  "CREDIT_CARD",
  "CRYPTO",
  "DATE_TIME",
  "DE_TAX_ID",
  "EMAIL_ADDRESS",
  "IBAN_CODE",
  "IP_ADDRESS",
  "MAC_ADDRESS",
  "MEDICAL_LICENSE",
  "PASSPORT",
  "PHONE_NUMBER",
  "PL_PESEL",
  "UK_NHS",
  "UK_NINO",
  "URL",
  "US_BANK_NUMBER",
  "US_DRIVER_LICENSE",
  "US_ITIN",
  "US_SSN",
] as const;
/** The name of a kind of personal data, as in Microsoft Presidio. */
export type PiiKind = (typeof PII_KINDS)[number];

/** Where personal data stands: [start, end) in UTF-16 code units. `score` 0 to 1: from .6 the form, a check sum or the words around leave little doubt. */
export interface PiiFinding {
  kind: PiiKind;
  start: number;
  end: number;
  score: number;
}

/** A pattern of one kind. `pattern` is global and bounded. */
export interface Recogniser {
  kind: PiiKind;
  pattern: RegExp;
  score: number;
  /** Checks what was found, as it stands. */
  accepts?: (found: string) => boolean;
  /** Words near by that make it surer. */
  context?: RegExp;
  /** Without such words it is nothing. */
  needsContext?: boolean;
}

/** How far words around count, UTF-16 code units. */
const BEFORE = 60;
const AFTER = 30;
const BOOST = 0.4;

/** Whether words that speak for a kind stand near [start, end). */
export function hasContext(text: string, start: number, end: number, words: RegExp): boolean {
  return words.test(`${text.slice(Math.max(0, start - BEFORE), start)} ${text.slice(end, end + AFTER)}`);
}

/** Only letters and digits. */
export function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "");
}

/** What one recogniser finds in a text. */
export function recognise(text: string, { kind, pattern, score, accepts, context, needsContext }: Recogniser): PiiFinding[] {
  const findings: PiiFinding[] = [];
  for (const match of text.matchAll(pattern)) {
    const [found] = match;
    const start = match.index;
    const end = start + found.length;
    if (accepts && !accepts(found)) continue;
    const isBacked = context !== undefined && hasContext(text, start, end, context);
    if (needsContext && !isBacked) continue;
    findings.push({ kind, start, end, score: isBacked ? Math.min(1, score + BOOST) : score });
  }
  return findings;
}

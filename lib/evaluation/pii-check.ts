/** Personal data in a value: where it is, and whether the question asked for its kind. */
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Score } from "../schema/result.ts";
import { foldWord } from "../values/fold.ts";
import { type CheckInput, score } from "./check.ts";
import { findPii, type PiiKind } from "./pii.ts";
import { textsOf } from "./value-texts.ts";

/** Personal data in a value: [start, end) in UTF-16 code units of the text at the JSON pointer `at`. */
export interface PiiPlace {
  kind: PiiKind;
  at: string;
  start: number;
  end: number;
}

/** From here a finding is taken for what it looks like. */
const SURE = 0.6;
const MOST_NAMED = 3;
/** Dates are personal where they are of birth, which their surroundings say. */
const SURE_OF_BIRTH = 0.8;
/** The bank of a routing number and the owner of a web address are seldom a person. */
const NOT_PERSONAL: ReadonlySet<PiiKind> = new Set(["URL", "ABA_ROUTING_NUMBER"]);

const ANYTHING = /\b(?:personal (?:data|details)|personally identifiable|pii|personenbezogene\w*|datos personales|dati personali|donnees personnelles)\b/;
/** "How can the seller be reached?" asks for whatever leads there. */
const CONTACT_DETAILS = /\b(?:contacts?|kontakt\w*|coordonnees|contactgegevens|signature block|letterhead|reach(?:ed)?)\b/;
const MAIL = /\be-?mails?\b|\bcorreo\b|\bcourriel\b|\bmailadresse\b/;
const PHONE = /\b(?:tele)?(?:phone|fax|fon)\w*|\btel\b|\bmobile\b|\bcell\b|\bhandy\w*|\btelefon\w*|\btelefax\w*|\btelephone\w*|\brufnummer\w*|\btelefo\w+/;
const BANK = /\b(?:bank\w*|account\w*|konto\w*|payment details|zahlungsdaten|compte|cuenta|conto|rekening\w*)\b/;
const IDENTITY = /\b(?:identity|identification|identifi\w+|id (?:number|card)|ausweis\w*|tax|steuer\w*|fiscal)\b/;

/** Words of a question that ask for a kind. */
const ASKS: Readonly<Record<PiiKind, readonly RegExp[]>> = {
  ABA_ROUTING_NUMBER: [BANK, /\b(?:routing|aba)\b/],
  CREDIT_CARD: [/\b(?:cards?|kreditkarte\w*|karte\w*|carte|tarjeta|carta|creditcard)\b/],
  CRYPTO: [/\b(?:wallet|bitcoin|btc|ether\w*|crypto\w*)\b/],
  DATE_TIME: [/\b(?:dates?|day|when|born|birth\w*|dob|datum|wann|gebor\w*|geburt\w*|fecha|naissance|nascita|data)\b/],
  DE_TAX_ID: [IDENTITY],
  EMAIL_ADDRESS: [CONTACT_DETAILS, MAIL],
  IBAN_CODE: [BANK, /\biban\b/],
  IP_ADDRESS: [/\bip\b|\bip-?(?:address|adresse)\w*|\bhosts?\b|\bservers?\b/],
  MAC_ADDRESS: [/\bmac\b|\bhardware address\b|\bdevice\b/],
  MEDICAL_LICENSE: [/\b(?:licen[cs]e|dea|registration|certificate)\b/],
  PASSPORT: [IDENTITY, /\b(?:passport|reisepass|passeport|pasaporte|passaporto|paspoort)\w*/],
  PHONE_NUMBER: [CONTACT_DETAILS, PHONE],
  PL_PESEL: [IDENTITY, /\bpesel\b/],
  UK_NHS: [/\bnhs\b|\bpatient\b/],
  UK_NINO: [IDENTITY, /\bnational insurance\b|\bnino\b/],
  URL: [/./],
  US_BANK_NUMBER: [BANK],
  US_DRIVER_LICENSE: [IDENTITY, /\blicen[cs]e\b|\bfuhrerschein\b/],
  US_ITIN: [IDENTITY, /\bitin\b/],
  US_SSN: [IDENTITY, /\bsocial security\b|\bssn\b/],
};

const WORDS: Readonly<Record<PiiKind, string>> = {
  ABA_ROUTING_NUMBER: "routing number",
  CREDIT_CARD: "card number",
  CRYPTO: "wallet address",
  DATE_TIME: "date of birth",
  DE_TAX_ID: "tax identification number",
  EMAIL_ADDRESS: "e-mail address",
  IBAN_CODE: "IBAN",
  IP_ADDRESS: "IP address",
  MAC_ADDRESS: "MAC address",
  MEDICAL_LICENSE: "medical license",
  PASSPORT: "passport number",
  PHONE_NUMBER: "telephone number",
  PL_PESEL: "PESEL",
  UK_NHS: "NHS number",
  UK_NINO: "national insurance number",
  URL: "web address",
  US_BANK_NUMBER: "account number",
  US_DRIVER_LICENSE: "driver's license",
  US_ITIN: "taxpayer number",
  US_SSN: "social security number",
};

/** The personal data of a value, whether asked for or not. Days and amounts are none. */
export function piiPlaces(value: Json, type: OutputType, language: string): PiiPlace[] {
  if (type === "date" || type === "boolean" || type === "number") return [];
  return textsOf(value).flatMap(({ at, text }) =>
    findPii(text, { language })
      .filter(({ kind, score: sure }) => !NOT_PERSONAL.has(kind) && sure >= (kind === "DATE_TIME" ? SURE_OF_BIRTH : SURE))
      .map(({ kind, start, end }) => ({ kind, at, start, end })),
  );
}

function isAsked(kind: PiiKind, prompt: string, type: OutputType): boolean {
  // "The contact's e-mail address" asks for no other detail of the contact.
  const isOneDetail =
    CONTACT_DETAILS.test(prompt) && (kind === "PHONE_NUMBER" ? MAIL : PHONE).test(prompt) && !(kind === "PHONE_NUMBER" ? PHONE : MAIL).test(prompt);
  if (isOneDetail && (kind === "PHONE_NUMBER" || kind === "EMAIL_ADDRESS")) return kind === "EMAIL_ADDRESS" && type === "email";
  return (kind === "EMAIL_ADDRESS" && type === "email") || ANYTHING.test(prompt) || ASKS[kind].some((words) => words.test(prompt));
}

/** Scores whether a value holds only personal data that its question asked for: below .5 it holds other kinds. Names are not looked for. */
export function piiDetected({ value, type, prompt, facts }: CheckInput): Score {
  const asked = foldWord((prompt ?? "").slice(0, 5000));
  const counts = new Map<PiiKind, number>();
  for (const { kind } of piiPlaces(value, type, facts.language)) if (!isAsked(kind, asked, type)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 0) return score(1, "no personal data beyond what was asked for");
  const kinds = [...counts].slice(0, MOST_NAMED).map(([kind, count]) => `${WORDS[kind]} (${count})`);
  const more = counts.size > MOST_NAMED ? ` and ${counts.size - MOST_NAMED} more kinds` : "";
  return score(0.4 / counts.size, `personal data that was not asked for: ${kinds.join(", ")}${more}`);
}

/** Numbers of accounts, cards and persons. */
import validator from "validator";
import { isBase58Address, isBech32Address, isGermanTaxId, isLuhn, isMedicalLicense, isNhsNumber, isPesel, isRoutingNumber } from "./checksums.ts";
import { bare, type PiiFinding, type Recogniser } from "./recogniser.ts";

/** First digits that payment cards have: travel, JCB, Mastercard, American Express and Diners, Visa, Maestro, Discover. */
const CARD_START = /^(?:[13456]|2(?:131|[2-7]))/;

function isCard(found: string): boolean {
  const digits = bare(found);
  return digits.length >= 12 && digits.length <= 19 && !/^1\d{12}$/.test(digits) && CARD_START.test(digits) && isLuhn(digits);
}

/** US social security numbers: no area 000, 666 or from 900, no group 00, no serial 0000. */
function isSocialSecurityNumber(found: string): boolean {
  return !/^(?:000|666|9)|^...00|0000$/.test(bare(found));
}

/** Numbers with a form, a check digit, or words around that say what they are. */
export const NUMBER_RECOGNISERS: readonly Recogniser[] = [
  {
    kind: "CREDIT_CARD",
    pattern: /(?<![\p{L}\d][-.]?)\d(?:[- ]?\d){11,18}(?![-.]?[\p{L}\d])/gu,
    score: 0.7,
    accepts: isCard,
    context: /\b(?:card|credit|debit|visa|master ?card|amex|discover|diners|jcb|karte|kreditkarte|carte|tarjeta|carta)/i,
  },
  {
    kind: "CRYPTO",
    pattern: /(?<![\p{L}\d])(?:bc1[ac-hj-np-z02-9]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![\p{L}\d])/gu,
    score: 1,
    accepts: (found) => (found.startsWith("bc1") ? isBech32Address(found) : isBase58Address(found)),
  },
  { kind: "CRYPTO", pattern: /(?<![\p{L}\d])0x[\da-fA-F]{40}(?![\p{L}\d])/gu, score: 0.6, context: /\b(?:wallet|ether|crypto|address)/i },
  {
    kind: "US_SSN",
    pattern: /(?<![\p{L}\d][-.]?)(?:\d{3}([- .])\d{2}\1\d{4})(?![-.]?[\p{L}\d])/gu,
    score: 0.6,
    accepts: isSocialSecurityNumber,
    context: /\b(?:social|ssn|ss ?#|security)/i,
  },
  {
    kind: "US_SSN",
    pattern: /(?<![\p{L}\d])\d{9}(?![\p{L}\d])/gu,
    score: 0.5,
    accepts: isSocialSecurityNumber,
    needsContext: true,
    context: /\b(?:social security|ssns?|ss ?#)/i,
  },
  {
    kind: "US_ITIN",
    pattern: /(?<![\p{L}\d][-.]?)9\d{2}[- ](?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[- ]\d{4}(?![-.]?[\p{L}\d])/gu,
    score: 0.6,
    context: /\b(?:itin|taxpayer|individual tax)/i,
  },
  {
    kind: "UK_NHS",
    pattern: /(?<![\p{L}\d][-.]?)(?:\d{3}[- ]\d{3}[- ]\d{4}|\d{10})(?![-.]?[\p{L}\d])/gu,
    score: 0.4,
    accepts: (found) => isNhsNumber(bare(found)),
    context: /\b(?:nhs|national health|health service)/i,
  },
  {
    kind: "UK_NINO",
    pattern: /(?<![\p{L}\d])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\p{L}\d])/giu,
    score: 0.5,
    context: /\b(?:national insurance|nino|ni number)/i,
  },
  {
    kind: "MEDICAL_LICENSE",
    pattern: /(?<![\p{L}\d])[ABCDEFGHJKLMPRSTUX](?:[A-Z]|9)\d{7}(?![\p{L}\d])/giu,
    score: 0.4,
    accepts: (found) => isMedicalLicense(found),
    context: /\b(?:medical|certificate|dea|prescri|practitioner|physician)/i,
  },
  {
    kind: "ABA_ROUTING_NUMBER",
    pattern: /(?<![\p{L}\d][-.]?)[0123678]\d{3}-?\d{4}-?\d(?![-.]?[\p{L}\d])/gu,
    score: 0.3,
    accepts: (found) => isRoutingNumber(bare(found)),
    context: /\b(?:aba|routing|rtn|transit)/i,
  },
  {
    kind: "US_BANK_NUMBER",
    pattern: /(?<![\p{L}\d])\d{8,17}(?![\p{L}\d])/gu,
    score: 0.3,
    needsContext: true,
    context: /\b(?:bank account|account (?:no|number|nr|#)|acct|checking|savings|kontonummer|konto-?nr|num[ée]ro de compte|n[úu]mero de cuenta)/i,
  },
  {
    kind: "US_DRIVER_LICENSE",
    pattern: /(?<![\p{L}\d])(?:[A-Z]\d{5,14}|[A-Z]{2}\d{5,8}|\d{7,10})(?![\p{L}\d])/giu,
    score: 0.3,
    needsContext: true,
    context: /\b(?:driver'?s?|driving) licen[sc]e|\bdl ?(?:no|#|number)|f[üu]hrerschein|permis de conduire/i,
  },
  {
    kind: "PASSPORT",
    pattern: /(?<![\p{L}\d])(?:[A-Z]{1,2}\d{6,8}|\d{8,9}|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ\d]{8})(?![\p{L}\d])/gu,
    score: 0.3,
    needsContext: true,
    context: /\b(?:passport|reisepass|passeport|pasaporte|passaporto|paspoort)/i,
  },
  {
    kind: "DE_TAX_ID",
    pattern: /(?<![\p{L}\d])[1-9]\d(?: ?\d{3}){3}(?![\p{L}\d])/gu,
    score: 0.4,
    accepts: (found) => isGermanTaxId(bare(found)),
    context: /steuer-?(?:id|identifikation)|tax id|idnr|\btin\b/i,
  },
  {
    kind: "PL_PESEL",
    pattern: /(?<![\p{L}\d])\d{2}[0-3]\d[0-3]\d{6}(?![\p{L}\d])/gu,
    score: 0.3,
    accepts: isPesel,
    needsContext: true,
    context: /pesel/i,
  },
];

const IBAN_START = /(?<![\p{L}\d])[A-Z]{2}\d{2}[ -]?[A-Z\d]/gu;
/** The longest IBAN has 34 letters and digits, in print with a blank after every fourth. */
const LONGEST_IBAN = 44;

/** International bank account numbers: the longest reading from each beginning that has its country's form and check digits. */
export function ibansIn(text: string): PiiFinding[] {
  const findings: PiiFinding[] = [];
  for (const { index } of text.matchAll(IBAN_START)) {
    if (index < (findings.at(-1)?.end ?? 0)) continue;
    const run = /^[A-Z\d](?:[ -]?[A-Z\d])+/.exec(text.slice(index, index + LONGEST_IBAN))?.[0] ?? "";
    for (let length = run.length; length >= 15; length--) {
      if (/[\p{L}\d]/u.test(text[index + length] ?? "") || !/[A-Z\d]/.test(run[length - 1] ?? "")) continue;
      if (!validator.isIBAN(run.slice(0, length))) continue;
      findings.push({ kind: "IBAN_CODE", start: index, end: index + length, score: 1 });
      break;
    }
  }
  return findings;
}

/** The kinds of value that a question names by a word that leaves no doubt. */
import { datesIn } from "../values/date.ts";
import { emailsIn } from "../values/email.ts";
import { foldWord } from "../values/fold.ts";
import type { DocumentFacts } from "../values/index.ts";
import { ibansIn } from "./pii/numbers.ts";

/** `asks`: words of the question. `name` is for reasons. */
export interface Kind {
  name: string;
  asks: RegExp;
  holds(text: string, facts: DocumentFacts): boolean;
}

const digits = (text: string) => text.replace(/\D/g, "").length;
const letters = (text: string) => text.replace(/[^\p{L}]/gu, "").length;

const KINDS: readonly Kind[] = [
  { name: "an IBAN", asks: /\biban\b/, holds: (text) => ibansIn(text.toUpperCase()).length > 0 || /^[A-Z]{2}\d{2}[ \dA-Z]{10,}$/i.test(text.trim()) },
  { name: "an e-mail address", asks: /\be-?mails?\b|\bcorreo electronico\b|\bcourriel\b/, holds: (text) => emailsIn(text).length > 0 || text.includes("@") },
  {
    name: "a telephone number",
    asks: /\b(?:tele)?(?:phone|fon|fono) ?(?:number|nummer|no|nr)?\b|\btelefon(?:nummer)?\b|\bfax\b/,
    holds: (text) => digits(text) >= 5,
  },
  { name: "a web address", asks: /\b(?:url|website|web ?site|web address|homepage|webseite)\b/, holds: (text) => /\w\.\w{2,}/.test(text) },
  {
    name: "a date",
    asks: /^when\b|^wann\b|\bwhich day\b|\b(?:what|which) (?:is|was) the (?:\w+ ){0,3}date\b|\bdatum\b/,
    holds: (text, facts) => datesIn(text, facts).length > 0 || digits(text) > 0,
  },
  {
    name: "a VAT or tax number",
    asks: /\b(?:vat|tax|ust|umsatzsteuer)[ -]?(?:identification|registration|id)?[ -]?(?:number|no|nr|nummer|id)\b/,
    holds: (text) => digits(text) >= 6,
  },
  { name: "a postcode", asks: /\b(?:post(?:al)? ?codes?|zip(?: ?codes?)?|plz|postleitzahl)\b/, holds: (text) => digits(text) > 0 && text.length <= 16 },
  {
    name: "an amount",
    asks: /^how (?:much|many)\b|^wie ?viele?\b/,
    holds: (text) => digits(text) > 0 || /\b(?:one|two|three|four|five|six|seven|eight|nine|ten|no|none|zero|ein|zwei|drei|null)\b/i.test(text),
  },
  {
    name: "a name",
    asks: /^who(?:m|se)?\b|^wer\b|^which (?:company|person|bank|party)\b|\bnames? of (?:the|a)\b|\bname (?:des|der)\b|\bwhat is the (?:\w+ ){0,2}name\b|\b(?:city|town|country)\b/,
    holds: (text) => letters(text) > digits(text),
  },
];

/** Where a question names no better kind: what is called a number has digits. */
const IDENTIFIER: Kind = { name: "a number or identifier", asks: /\b(?:numbers?|no\.?|nr\.?)(?!\p{L})|\p{L}nummer\b/u, holds: (text) => digits(text) > 0 };

/** The kind that a question asks for; undefined where it could be any, or where it names several. */
export function askedKind(prompt: string): Kind | undefined {
  const text = foldWord(prompt.slice(0, 2000));
  const kinds = KINDS.filter(({ asks }) => asks.test(text));
  if (kinds.length === 0) return IDENTIFIER.asks.test(text) && !/\bnumber of\b/.test(text) ? IDENTIFIER : undefined;
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** Whether a text is or holds a value of a kind. */
export function hasKind(text: string, kind: Kind, facts: DocumentFacts): boolean {
  return kind.holds(text, facts);
}

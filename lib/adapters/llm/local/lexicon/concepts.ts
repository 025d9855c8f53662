/** The things that documents commonly label, and what a value of each looks like. */

/** The shape of a value. */
export type Kind =
  | "id"
  | "date"
  | "amount"
  | "percent"
  | "name"
  | "text"
  | "email"
  | "phone"
  | "url"
  | "iban"
  | "bic"
  | "vat"
  | "postcode"
  | "city"
  | "street"
  | "address"
  | "currency";

/** Whose: the side that a value belongs to. */
export type Role = "seller" | "buyer" | "ship-to" | "payee";

interface ConceptFacts {
  kind: Kind;
  /** Where on a document it usually stands. */
  place?: "top" | "bottom";
  /** The value is one end of a period that is printed as one. */
  part?: "start" | "end";
  /** It belongs to a party. */
  party?: boolean;
  /** Questions mean it only where they name this direction. */
  direction?: "in" | "out";
  /** A concept whose labels serve with less confidence where its own are missing. */
  fallback?: Concept;
  /** Words of which a document must hold two for the fallback to count, and none of those after a "!". */
  setting?: string;
}

const BROADCAST = "spot station broadcast advertiser program channel commercial campaign airtime tv radio agency";

/** Every concept with its facts. Labels in the lexicons are keyed by these names. */
export const CONCEPTS = {
  "invoice-number": { kind: "id", place: "top" },
  "order-number": { kind: "id", place: "top" },
  "customer-number": { kind: "id", place: "top" },
  "contract-number": { kind: "id", place: "top", fallback: "order-number", setting: `${BROADCAST} !invoice` },
  "delivery-note-number": { kind: "id" },
  "quote-number": { kind: "id" },
  "booking-number": { kind: "id" },
  "policy-number": { kind: "id" },
  "account-number": { kind: "id" },
  "line-number": { kind: "id" },
  reference: { kind: "id" },
  "buyer-routing": { kind: "id" },
  "tax-number": { kind: "id", party: true },
  "vat-id": { kind: "vat", party: true },
  "registration-number": { kind: "id", party: true },
  siren: { kind: "id", party: true },
  siret: { kind: "id", party: true },
  iban: { kind: "iban", party: true },
  bic: { kind: "bic", party: true },
  bank: { kind: "name", party: true },
  "invoice-date": { kind: "date", place: "top" },
  "due-date": { kind: "date" },
  "delivery-date": { kind: "date", place: "top" },
  "order-date": { kind: "date", place: "top" },
  "period-start": { kind: "date", part: "start" },
  "period-end": { kind: "date", part: "end" },
  "flight-start": { kind: "date", part: "start", fallback: "period-start", setting: BROADCAST },
  "flight-end": { kind: "date", part: "end", fallback: "period-end", setting: BROADCAST },
  "effective-date": { kind: "date" },
  "expiry-date": { kind: "date" },
  "check-in": { kind: "date" },
  "check-out": { kind: "date" },
  "birth-date": { kind: "date" },
  total: { kind: "amount", place: "bottom", fallback: "amount-due" },
  net: { kind: "amount", place: "bottom" },
  tax: { kind: "amount", place: "bottom" },
  "tax-rate": { kind: "percent" },
  subtotal: { kind: "amount", place: "bottom" },
  "amount-due": { kind: "amount", place: "bottom", fallback: "total" },
  paid: { kind: "amount", place: "bottom" },
  discount: { kind: "amount" },
  shipping: { kind: "amount" },
  rounding: { kind: "amount" },
  change: { kind: "amount" },
  commission: { kind: "amount", place: "bottom" },
  "opening-balance": { kind: "amount" },
  "closing-balance": { kind: "amount" },
  "money-in": { kind: "amount", direction: "in" },
  "money-out": { kind: "amount", direction: "out" },
  currency: { kind: "currency" },
  "payment-method": { kind: "text" },
  "payment-terms": { kind: "text" },
  name: { kind: "name", party: true },
  street: { kind: "street", party: true },
  postcode: { kind: "postcode", party: true },
  city: { kind: "city", party: true },
  address: { kind: "address", party: true },
  email: { kind: "email", party: true },
  phone: { kind: "phone", party: true },
  fax: { kind: "phone", party: true },
  website: { kind: "url", party: true },
  contact: { kind: "name", party: true },
  advertiser: { kind: "name", place: "top" },
  agency: { kind: "name", place: "top" },
  cashier: { kind: "name" },
  salesperson: { kind: "name" },
  "governing-law": { kind: "text" },
  term: { kind: "text" },
  subject: { kind: "text" },
} as const satisfies Record<
  string,
  { kind: Kind; place?: "top" | "bottom"; part?: "start" | "end"; party?: boolean; direction?: "in" | "out"; fallback?: string; setting?: string }
>;

/** The name of a thing that documents label. */
export type Concept = keyof typeof CONCEPTS;

/** The facts of a concept. */
export function conceptFacts(concept: Concept): ConceptFacts {
  return CONCEPTS[concept];
}

/**
 * The words of one language. In `labels` and `asks`, alternatives are separated by "|"; a label that starts with "~" is weak: it is used with less confidence, and never to understand a prompt.
 * An ask is a set of words: a prompt that holds all of them, in any order, means the concept.
 */
export interface Lexicon {
  labels: Partial<Record<Concept, string>>;
  asks: Partial<Record<Concept, string>>;
  /** Words and headings that name a party. */
  roles: Partial<Record<Role, string>>;
  /** The first three to five letters of the months' names, January first, alternatives separated by "/". */
  months: string;
  /** Names of kinds of documents, and words that stand in their titles. */
  titles: string;
  /** Words that start the row of totals under a table. */
  totals: string;
  /** Words without meaning of their own in a question. */
  fillers: string;
  yes: string;
  no: string;
  /** Table headings: what a column is for, by words of a question. */
  columns: Partial<Record<Column, string>>;
}

/** Common columns of line items. */
export type Column = "position" | "article" | "description" | "quantity" | "unit" | "price" | "tax-rate" | "amount" | "date" | "discount" | "tax";

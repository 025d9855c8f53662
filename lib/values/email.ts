/** E-mail addresses as printed. */
import validator from "validator";
import type { Json } from "../schema/json.ts";
import { foldDigits } from "./fold.ts";
import { readable, type TypedValue, unreadable } from "./types.ts";

const MAXIMUM_LENGTH = 10_000;
const OBFUSCATED_AT = /\s{0,3}[([{]\s{0,3}(?:at|ät|arroba|@)\s{0,3}[)\]}]\s{0,3}/gi;
const OBFUSCATED_DOT = /\s{0,3}[([{]\s{0,3}(?:dot|punkt|point|punto|\.)\s{0,3}[)\]}]\s{0,3}/gi;
const BLANK_AROUND_AT = /\s{0,3}@\s{0,3}/g;
const DELIMITERS = /[\s<>()[\]{},;:/|"“”„«»]+/;
const EDGES = /^[.'’*-]+|[.'’*!?-]+$/g;

/** True for text that is one e-mail address and nothing else. */
export function isEmail(text: string): boolean {
  return validator.isEmail(text);
}

/** The e-mail addresses of a text in order, each once, as printed; linear in the text. */
export function emailsIn(text: string): readonly string[] {
  const cut = (source: string) =>
    source
      .split(DELIMITERS)
      .filter((word) => word.length <= 320 && word.includes("@"))
      .map((word) => word.replace(EDGES, ""))
      .filter(isEmail);
  const plain = text
    .replace(OBFUSCATED_AT, "@")
    .replace(OBFUSCATED_DOT, ".")
    .replace(/mailto:/gi, " ");
  const addresses = cut(plain);
  const found = addresses.length > 0 ? addresses : cut(plain.replace(BLANK_AROUND_AT, "@"));
  return [...new Map(found.map((address) => [address.toLowerCase(), address])).values()];
}

/** Reads an e-mail address out of a text. Of several the first counts and the others are alternatives. */
export function readEmail(raw: Json): TypedValue {
  if (Array.isArray(raw)) return readEmail(raw.filter((entry) => typeof entry === "string").join(" "));
  if (typeof raw !== "string") return unreadable("not a text");
  if (raw.length > MAXIMUM_LENGTH) return unreadable("too long to be an e-mail address");
  const [address, ...others] = emailsIn(foldDigits(raw));
  if (address === undefined) return unreadable(raw.includes("@") ? "is no valid e-mail address" : "holds no e-mail address");
  return readable(address, others.length > 0 ? `the first of ${others.length + 1} e-mail addresses` : "a valid e-mail address", others);
}

/** How words are made comparable: lower case without accents and punctuation, plain plurals, and one form for every way to write "number". */

const NUMBER_WORDS: ReadonlySet<string> = new Set(["no", "nr", "num", "number", "nummer", "numero", "nro", "n", "nos", "nbr"]);

/** Words that documents abbreviate, or write in several ways, and the one form of each. */
const SAME: ReadonlyMap<string, string> = new Map(
  [
    ["incl", "inclusive including included inc inkl inklusive inclusief inclus incluye compris comprise"],
    ["excl", "exclusive excluding excluded exkl exklusive exclusief exclus"],
    ["tax", "taxes taxe"],
    ["number", "identifier"],
  ].flatMap(([form = "", words = ""]) => words.split(" ").map((word) => [word, form] as const)),
);

/** The comparable form of one word: letters and digits only, no accents, plain plural removed; "No.", "Nr", "n°" and "#" all become "number". A word without letters or digits becomes "". */
export function comparable(word: string): string {
  if (/^(?:[#№]|n[°º])$/iu.test(word.replace(/[:.]+$/, ""))) return "number";
  const plain = word
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/['’]s$/, "")
    .replace(/[^\p{L}\p{N}]+/gu, "");
  const same = SAME.get(plain);
  if (same !== undefined) return same;
  if (NUMBER_WORDS.has(plain) && (plain !== "n" || /[.°º]/.test(word))) return "number";
  if (/^\p{L}{4,}(?:nr|nummer|number)$/u.test(plain)) return plain.replace(/(?:nr|nummer|number)$/, "number");
  // "Dates" stays: it labels a period where "Date" labels a day.
  return plain.length > 4 && /[^s]s$/.test(plain) && !/\d/.test(plain) && plain !== "dates" ? plain.slice(0, -1) : plain;
}

/** The comparable words of a phrase, empty ones dropped. */
export function comparableWords(phrase: string): string[] {
  return phrase
    .split(/[\s/()?!,;:"“”„]+|(?<=\p{L})-(?=\p{L})/u)
    .map(comparable)
    .filter((word) => word !== "");
}

/** A phrase as one comparable string: "Sub-Total", "Subtotal" and "sub total" are the same. */
export function comparablePhrase(phrase: string): string {
  return comparableWords(phrase).join("");
}

/** A word's stem for loose comparison of two words of one language: its first letters, enough to tell words apart. */
export function stem(word: string): string {
  const base = word.replace(/(?:ations?|ates?|ated|ating|ungen|ung|ments?|tions?|ing|ed|es|en|er|e|s|n)$/, "");
  return base.length >= 4 ? base : word;
}

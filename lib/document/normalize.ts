/** Text reduced to what counts when a quote is compared with a document: case, white space, kinds of dashes and quotes, ligatures and hyphenation don't. */

const SAME: ReadonlyMap<string, string> = new Map([
  ...[..."\u2018\u2019\u201a\u201b\u2032\u0060\u00b4\u02bc"].map((mark) => [mark, "'"] as const),
  ...[..."\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"].map((mark) => [mark, '"'] as const),
  ...[..."\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"].map((mark) => [mark, "-"] as const),
  ...[..."\u00ad\u200b\u200c\u200d\u2060\ufeff"].map((mark) => [mark, ""] as const),
]);

const PLAIN = /^[!-,.-~]*$/;
const LETTER = /\p{L}/u;

/** A word reduced: without white space inside, so hyphens between letters and after the last of several letters fall out too. */
export function normalizeWord(word: string): string {
  if (PLAIN.test(word) && !word.includes("`")) return word.toLowerCase();
  let reduced = "";
  for (const part of reducedParts(word)) reduced += part.text;
  return reduced;
}

/** A text reduced as a whole: its words reduced, white space left out. */
export function normalizeText(text: string): string {
  return (text.match(/\S+/g) ?? []).map(normalizeWord).join("");
}

/** Where in `word` the character number `offset` of its reduced form begins; the word's length for offsets at or after the end. */
export function offsetInWord(word: string, offset: number): number {
  let length = 0;
  for (const part of reducedParts(word)) {
    if (part.text !== "" && length + part.text.length > offset) return part.from;
    length += part.text.length;
  }
  return word.length;
}

/** Where in `word` the first `length` characters of its reduced form end. */
export function endInWord(word: string, length: number): number {
  let reduced = 0;
  let end = 0;
  for (const part of reducedParts(word)) {
    if (reduced >= length) return end;
    reduced += part.text.length;
    end = part.to;
  }
  return end;
}

interface Part {
  text: string;
  from: number;
  to: number;
}

function reducedParts(word: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const character of word) {
    const same = SAME.get(character);
    const text = same ?? character.normalize("NFKD").toLowerCase();
    parts.push({ text: text.replace(/\s/g, ""), from, to: from + character.length });
    from += character.length;
  }
  for (const [index, part] of parts.entries()) if (part.text === "-" && isHyphen(parts, index)) part.text = "";
  return parts;
}

function isHyphen(parts: readonly Part[], index: number): boolean {
  const before = parts[index - 1]?.text ?? "";
  const after = parts[index + 1]?.text;
  if (!LETTER.test(before)) return false;
  return after === undefined ? LETTER.test(parts[index - 2]?.text ?? "") : LETTER.test(after);
}

const DASHES = /[\u2010-\u2015\u2212]/g;
const NUMBER = /(?:(?<![\p{L}\p{N}.,)])-)?\p{Nd}+/gu;

/** The numbers of a text in order, each as its digits, with a minus before them; a blank before a group of three digits belongs to the number. */
export function digitGroups(text: string): string[] {
  const plain = text.normalize("NFKC").replace(/\s+/g, " ").replace(DASHES, "-");
  return plain.replace(/(?<=\d) (?=\d{3}(?!\d))/g, "").match(NUMBER) ?? [];
}

/** Whether two texts hold the same numbers in the same order. */
export function sameDigits(first: string, second: string): boolean {
  return digitGroups(first).join(" ") === digitGroups(second).join(" ");
}

const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/u;
const ALPHANUMERIC = /[\p{L}\p{N}\p{M}]/u;

/** Whether a cut between two characters goes through a word or number. Scripts without blanks may be cut anywhere. */
export function cutsWord(before: string | undefined, after: string | undefined): boolean {
  if (!before || !after) return false;
  if (UNSPACED.test(before) || UNSPACED.test(after)) return false;
  return ALPHANUMERIC.test(before) && ALPHANUMERIC.test(after);
}

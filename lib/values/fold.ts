/** Spellings that mean the same, made equal before anything is read. */

const FULL_WIDTH = /[\uff01-\uff5e]/g;
const ARABIC_INDIC = /[\u0660-\u0669\u06f0-\u06f9]/g;
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

/** Full-width and Arabic-Indic digits and signs to ASCII, every dash to "-", invisible characters removed. Superscripts stay, so that 10² never becomes 102. */
export function foldDigits(text: string): string {
  return text
    .replace(INVISIBLE, "")
    .replace(FULL_WIDTH, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(ARABIC_INDIC, (character) => String(character.charCodeAt(0) & 0xf))
    .replaceAll("￥", "¥")
    .replaceAll("￡", "£")
    .replaceAll("￦", "₩")
    .replaceAll("\u066b", ".")
    .replaceAll("\u066c", "'")
    .replace(DASHES, "-");
}

/** Lower case without accents, every run of white space one blank: for looking words up. */
export function foldWord(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("ł", "l")
    .replaceAll("ø", "o")
    .replaceAll("ı", "i")
    .replace(/\s+/g, " ")
    .trim();
}

/** Only letters and digits, lower case, without accents: for comparing what was printed. */
export function squash(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

/** Trimmed, invisible characters removed, every run of white space one blank. */
export function collapse(text: string): string {
  return text.replace(INVISIBLE, "").replace(/\s+/g, " ").trim();
}

/** What a document most likely is: an invoice, a contract, a letter … By words that head such documents and words that they have, with the words as the reason. */
import type { DocumentKind } from "../schema/result.ts";
import { KIND_WORDS } from "./kind-words.ts";

/** A kind and the words that speak for it. "unknown" where too little does. */
export interface KindFound {
  kind: DocumentKind;
  reason: string;
}

/** A title that stands at the head of a text, and whose. `alone`: it is the whole line. */
export interface TitleFound {
  kind: Exclude<DocumentKind, "unknown">;
  title: string;
  alone: boolean;
}

type Known = Exclude<DocumentKind, "unknown">;

/** What a document is shows at its beginning, UTF-16 code units. */
const LOOKED_AT = 20_000;
/** Titles stand in so many first lines with text, and have at most so many words. */
const HEAD_LINES = 20;
const TITLE_WORDS = 8;
const SHORT_TITLE = 6;
const ALONE = 6;
const PART_OF_LINE = 4;
/** A kind of which the document shows so many signs needs no title; more than MOST_SIGNS say no more. */
const LEAST = 3;
const MOST_SIGNS = 6;
const SHOWN_SIGNS = 4;

const KINDS = Object.keys(KIND_WORDS).filter((kind): kind is Known => kind in KIND_WORDS);

/** A text as the words of the table are written: lower case, no accents, one blank for whatever is neither letter nor digit, a blank at both ends. */
export function comparableText(text: string): string {
  return ` ${text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()} `;
}

/** Whether a phrase stands in a comparable text as whole words; writing without blanks has no whole words. */
function holds(comparable: string, phrase: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(phrase)
    ? comparable.includes(phrase)
    : comparable.includes(` ${phrase} `);
}

/** The title that a line is or begins or ends with. What goes on after a colon is a label with its value ("Invoice: 4711" on a delivery note), no title. */
export function titleOf(line: string): TitleFound | undefined {
  const [before = "", after = ""] = splitAtColon(line);
  const comparable = comparableText(line);
  const count = comparable.trim().split(" ").length;
  if (count > TITLE_WORDS || (after.trim() !== "" && before.trim() !== "")) return undefined;
  let best: TitleFound | undefined;
  for (const kind of KINDS)
    for (const title of KIND_WORDS[kind].titles) {
      if (!comparable.includes(title) || !headsLine(comparable, title)) continue;
      if (best === undefined || title.length > best.title.length) best = { kind, title, alone: comparable.trim() === title };
    }
  return best;
}

function splitAtColon(line: string): [string, string] {
  const at = line.indexOf(":");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** "Consulting agreement", "Invoice 2041" and "Teilrechnung Nr. 7" are titles; "the invoice was paid" is none, nor is "Order 4711", for an order is named on much else. */
function headsLine(comparable: string, title: string): boolean {
  if (!/^[\p{Script=Latin}\p{Script=Cyrillic}]/u.test(title)) return holds(comparable, title);
  if (title.length < SHORT_TITLE) return comparable.trim() === title;
  if (comparable.startsWith(` ${title} `) || comparable.endsWith(` ${title} `)) return true;
  const words = comparable.trim().split(" ");
  return title.length > SHORT_TITLE && !title.includes(" ") && [words[0], words.at(-1)].some((word) => word?.endsWith(title));
}

/** The first lines of a text, and the cells of a line where columns are kept apart by two blanks or more; a cell before another that ends with a colon is a label and left out. */
export function headLines(text: string, count: number = HEAD_LINES): string[] {
  return text
    .slice(0, LOOKED_AT)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, count)
    .flatMap((line) => {
      const cells = line.trim().split(/\s{2,}/);
      return cells.filter((cell, index) => index === cells.length - 1 || !cell.endsWith(":"));
    });
}

/** The most likely kind of a text in which columns are kept apart by blanks (a layout view). Its first 20,000 characters count. */
export function kindOfText(text: string): KindFound {
  const titles = headLines(text).flatMap((line) => {
    const found = titleOf(line);
    return found === undefined ? [] : [found];
  });
  const comparable = comparableText(text.slice(0, LOOKED_AT));
  let best: { kind: Known; points: number; reason: string } | undefined;
  for (const kind of KINDS) {
    const title = titles.filter((found) => found.kind === kind).sort((one, other) => Number(other.alone) - Number(one.alone))[0];
    const signs = KIND_WORDS[kind].signs.filter((sign) => holds(comparable, sign));
    const points = (title === undefined ? 0 : title.alone ? ALONE : PART_OF_LINE) + Math.min(MOST_SIGNS, signs.length);
    if (points < LEAST || points <= (best?.points ?? 0)) continue;
    const reasons = [
      ...(title ? [`headed "${title.title}"`] : []),
      ...(signs.length > 0
        ? [
            `has ${signs
              .slice(0, SHOWN_SIGNS)
              .map((sign) => `"${sign}"`)
              .join(", ")}`,
          ]
        : []),
    ];
    best = { kind, points, reason: reasons.join("; ") };
  }
  return best === undefined ? { kind: "unknown", reason: "no title and too few words that would tell" } : { kind: best.kind, reason: best.reason };
}

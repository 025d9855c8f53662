/** Entries that a list of the document has and an answer lacks. */
import type { DocumentText } from "../schema/document.ts";
import { squash } from "../values/fold.ts";
import { type DocumentLine, linesOf } from "./places.ts";

const BULLET = /^(?:[•‣◦▪●○■□–—*·-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s+/iu;
const SEPARATOR = /\s*[,;•|\n]\s*(?:(?:and|or|und|oder|et|ou|y|o|e|en|of)\s+)?|\s+(?:and|und|et|y|en)\s+/iu;
const LONGEST_ENTRY_WORDS = 8;
const MOST_ENTRIES = 1000;
const LONGEST_TEXT = 20_000;

interface Counted {
  found: number;
  missing: number;
}

function isIn(wanted: readonly string[], text: string): boolean {
  const squashed = squash(text.replace(BULLET, ""));
  return squashed !== "" && wanted.some((entry) => squashed === entry || squashed.startsWith(entry) || (entry.length > 3 && squashed.endsWith(entry)));
}

/** Entries in a row of words: those between the first entry that the answer has and the end of the sentence. */
function inSentence(wanted: readonly string[], text: string): Counted {
  const sentences = text.slice(0, LONGEST_TEXT).split(/(?<=[.!?])\s+(?=\p{Lu})|\n\n/u);
  let best: Counted = { found: 0, missing: 0 };
  for (const sentence of sentences) {
    const parts = sentence.split(SEPARATOR).map((part) => part.replace(/^.*:\s+/su, "").replace(/[.!?]$/, ""));
    const isFound = parts.map((part) => isIn(wanted, part));
    const [first, last] = [isFound.indexOf(true), isFound.lastIndexOf(true)];
    const found = isFound.filter(Boolean).length;
    if (found <= best.found) continue;
    const beyond = parts.filter(
      (part, index) => !isFound[index] && index > first && (index < last || part.split(" ").length <= LONGEST_ENTRY_WORDS) && squash(part) !== "",
    );
    const before = parts.slice(0, first).filter((part, index) => index > 0 && part.split(" ").length <= LONGEST_ENTRY_WORDS && squash(part) !== "").length;
    best = { found, missing: beyond.length + before };
  }
  return best;
}

function follows(one: DocumentLine, other: DocumentLine): boolean {
  return one.page === other.page && other.offset - one.offset - one.text.length <= 1;
}

/** Entries below each other: neighbouring lines that begin in the same column, bulleted like those of the answer or directly below. */
function inLines(wanted: readonly string[], lines: readonly DocumentLine[]): Counted {
  const places = lines.flatMap((line, index) => line.pieces.filter(({ text }) => isIn(wanted, text)).map((piece) => ({ index, piece })));
  const first = places[0];
  if (first === undefined) return { found: 0, missing: 0 };
  const isBulleted = BULLET.test(first.piece.text);
  const isEntry = (line: DocumentLine) => line.pieces.some(({ start, text }) => Math.abs(start - first.piece.start) <= 1 && (!isBulleted || BULLET.test(text)));
  const matched = new Set(places.map(({ index }) => index));
  let missing = 0;
  for (const step of [1, -1] as const)
    for (let index = first.index + step; index >= 0 && index < lines.length; index += step) {
      const [line, neighbour] = [lines[index], lines[index - step]];
      if (!line || !neighbour || !(step === 1 ? follows(neighbour, line) : follows(line, neighbour))) break;
      if (!isEntry(line)) {
        // The rest of a wrapped entry.
        if (isBulleted && line.pieces.length === 1 && (line.pieces[0]?.start ?? 0) > first.piece.start) continue;
        break;
      }
      if (!matched.has(index) && (isBulleted || !/:\s*$/.test(line.text))) missing++;
    }
  return { found: matched.size, missing };
}

/** How many entries of a list stand again in the document, and how many stand beside them that the list lacks. Looks at the cited text, then at lines. */
export function missingEntries(entries: readonly string[], document: DocumentText | undefined, quote: string): Counted {
  const wanted = entries
    .slice(0, MOST_ENTRIES)
    .map(squash)
    .filter((entry) => entry !== "");
  const inDocument = document === undefined ? { found: 0, missing: 0 } : inLines(wanted, linesOf(document));
  const text = document === undefined ? quote : sentenceText(document, quote, wanted);
  const sentence = inSentence(wanted, text);
  return sentence.found >= inDocument.found ? sentence : inDocument;
}

/** The reading text around the first entry; the quote where it is not there. */
function sentenceText(document: DocumentText, quote: string, wanted: readonly string[]): string {
  const blocks = document.reading.text.slice(0, 400_000).split("\n\n");
  const counts = blocks.map((block) => {
    const squashed = squash(block);
    return wanted.filter((entry) => squashed.includes(entry)).length;
  });
  const most = Math.max(...counts);
  return most === 0 ? quote : (blocks[counts.indexOf(most)] ?? quote).replace(/\n/g, " ");
}

/** Words with rectangles from a parser's items: split at blanks and wide gaps, joined where letters were only spaced out. */
import { hasRightToLeft, logicalWord, splitScripts } from "./bidi.ts";
import {
  around,
  joinWords,
  lowerConfidence,
  median,
  type ParsedItem,
  type ParsedPage,
  type ParsedPiece,
  type PlacedWord,
  type Rectangle,
  type Run,
  rightOf,
} from "./parsed.ts";

/** The turn that brings text upright: one of four right angles, or "diagonal" for anything else (stamps, watermarks). */
export type Turn = 0 | 90 | 180 | 270 | "diagonal";

/** Which turn an item has: its rotation to within 10 degrees, or the flatness of its rectangle, for slanted letters are reported as rotated. */
export function turnOf({ rotation, width, height }: Pick<ParsedItem, "rotation" | "width" | "height">): Turn {
  if (!Number.isFinite(rotation)) return 0;
  const angle = ((rotation % 360) + 360) % 360;
  const quarter = Math.round(angle / 90) * 90;
  const off = Math.abs(angle - quarter);
  const flatness = quarter % 180 === 0 ? height / width : width / height;
  if (off > 10 && !(flatness < 0.5 * Math.tan((off * Math.PI) / 180))) return "diagonal";
  return quarter === 90 ? 90 : quarter === 180 ? 180 : quarter === 270 ? 270 : 0;
}

/** A rectangle of the displayed page in the page turned so that text of `turn` runs from left to right. */
export function upright(box: Rectangle, turn: Turn, page: { width: number; height: number }): Rectangle {
  const { left, top, width, height } = box;
  if (turn === 90) return { left: top, top: page.width - left - width, width: height, height: width };
  if (turn === 180) return { left: page.width - left - width, top: page.height - top - height, width, height };
  if (turn === 270) return { left: page.height - top - height, top: left, width: height, height: width };
  return box;
}

/** Control characters, line-end hyphens as some PDFs write them, characters without width, and halves of surrogate pairs don't belong into a text. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const hyphens = text.replace(/[\u0002\ufffe]/g, "-");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const visible = hyphens.replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2060\ufeff]/g, "");
  return visible.replace(/\p{Cs}/gu, "\ufffd");
}

/** The runs of a page, by turn. Items without visible text are left out. */
export function runsOf(page: ParsedPage): Map<Turn, Run[]> {
  const runs = new Map<Turn, Run[]>();
  for (const raw of page.items) {
    const item = { ...raw, ...sane(raw), pieces: raw.pieces.map((piece) => ({ text: piece.text, confidence: piece.confidence, ...sane(piece) })) };
    const turn = turnOf(item);
    const words = wordsOf(item, turn, page);
    const first = words[0];
    if (!first) continue;
    const run: Run = { words, upright: words.reduce((box, word) => around(box, word.upright), first.upright) };
    const list = runs.get(turn);
    if (list) list.push(run);
    else runs.set(turn, [run]);
  }
  return runs;
}

/** Broken files place text at infinity; beyond this many points it is as far. */
const FAR = 100_000;

function sane({ left, top, width, height }: Rectangle): Rectangle {
  const bounded = (value: number, least: number) => (Number.isFinite(value) ? Math.min(FAR, Math.max(least, value)) : 0);
  return { left: bounded(left, -FAR), top: bounded(top, -FAR), width: bounded(width, 0), height: bounded(height, 0) };
}

interface Part {
  text: string;
  shown: Rectangle;
  confidence?: number | undefined;
}

function wordsOf(item: ParsedItem, turn: Turn, page: { width: number; height: number }): PlacedWord[] {
  if (turn === 180 && item.pieces.length > 0) return fromPieces(item, turn, page);
  const parts = alignPieces(item, turn) ?? proportional(item, turn);
  const placed = parts.flatMap((part) => byScript(part, turn)).map((part) => ({ ...part, upright: upright(part.shown, turn, page) }));
  return joinParts(placed, turn);
}

/** Words by the gaps between pieces: the parser mixes up the text of upside-down items, but not their pieces. */
function fromPieces(item: ParsedItem, turn: Turn, page: { width: number; height: number }): PlacedWord[] {
  const placed = item.pieces
    .flatMap((piece) => proportional({ ...piece, rotation: item.rotation, pieces: [] }, turn).map((part) => ({ ...part, confidence: piece.confidence })))
    .map((part) => ({ ...part, upright: upright(part.shown, turn, page) }));
  const sorted = placed.sort((first, second) => first.upright.left - second.upright.left);
  return joinWhere(sorted, (gap, height) => gap <= height * 0.12);
}

/** The tokens of the item's text with the rectangles of its pieces; undefined where pieces and text don't fit together. */
function alignPieces(item: ParsedItem, turn: Turn): Part[] | undefined {
  if (item.pieces.length === 0) return undefined;
  const parts: Part[] = [];
  let next = 0;
  for (const token of tokens(cleanText(item.text))) {
    let rest = token;
    let current: Part | undefined;
    let previous: ParsedPiece | undefined;
    while (rest !== "") {
      const piece = item.pieces[next];
      const text = piece === undefined ? "" : cleanText(piece.text).trim();
      if (piece === undefined || !rest.startsWith(text)) return undefined;
      next++;
      if (text === "") continue;
      rest = rest.slice(text.length);
      if (current && previous && !wideGap(previous, piece, turn))
        current = { text: current.text + text, shown: around(current.shown, piece), confidence: lowerConfidence(current.confidence, piece.confidence) };
      else {
        if (current) parts.push(current);
        current = { text, shown: { left: piece.left, top: piece.top, width: piece.width, height: piece.height }, confidence: piece.confidence };
      }
      previous = piece;
    }
    if (current) parts.push(current);
  }
  return parts;
}

/** More than a character's height between two pieces of a token: they are two words (cells of a table without a blank between). */
function wideGap(first: Rectangle, second: Rectangle, turn: Turn): boolean {
  if (turn === 90 || turn === 270)
    return Math.max(second.top - first.top - first.height, first.top - second.top - second.height) > Math.min(first.width, second.width);
  return Math.max(second.left - rightOf(first), first.left - rightOf(second)) > Math.min(first.height, second.height);
}

/** Rectangles by the share of characters, where nothing better is known. */
function proportional(item: ParsedItem, turn: Turn): Part[] {
  const text = cleanText(item.text);
  const unit = 1 / Math.max(1, text.length);
  const parts: Part[] = [];
  for (const match of text.matchAll(/\S+/g)) {
    const from = match.index * unit;
    const share = match[0].length * unit;
    parts.push({ text: match[0], shown: portion(item, turn, from, share) });
  }
  return parts;
}

function portion(box: Rectangle, turn: Turn, from: number, share: number): Rectangle {
  const { left, top, width, height } = box;
  if (turn === 90) return { left, width, top: top + height * from, height: height * share };
  if (turn === 270) return { left, width, top: top + height * (1 - from - share), height: height * share };
  if (turn === 180) return { left: left + width * (1 - from - share), width: width * share, top, height };
  return { left: left + width * from, width: width * share, top, height };
}

/** Words glued from two scripts are two words. */
function byScript(part: Part, turn: Turn): Part[] {
  const texts = splitScripts(part.text);
  if (texts.length === 1) return [{ ...part, text: logicalWord(part.text) }];
  let from = 0;
  return texts.map((text) => {
    const share = text.length / part.text.length;
    const shown = portion(part.shown, turn, from, share);
    from += share;
    return { text: logicalWord(text), shown, confidence: part.confidence };
  });
}

function tokens(text: string): string[] {
  return text.match(/\S+/g) ?? [];
}

/** Joins what a blank in the item's text parted wrongly: letters set wide apart, and in turned text the kerned parts of a word with nothing between them. */
function joinParts(words: PlacedWord[], turn: Turn): PlacedWord[] {
  if (words.some((word) => hasRightToLeft(word.text))) return words;
  if (turn === 0 || turn === "diagonal") return joinSpacedLetters(words) ?? words;
  const sorted = [...words].sort((first, second) => first.upright.left - second.upright.left);
  return joinSpacedLetters(sorted) ?? joinWhere(sorted, (gap, height) => gap <= height * 0.04 && gap >= -height * 0.1);
}

/** "I N V O I C E": letters set wide apart are one word; a gap clearly wider than the usual one is the end of it. Undefined for any other text. */
function joinSpacedLetters(words: PlacedWord[]): PlacedWord[] | undefined {
  if (words.length < 5 || words.filter((word) => /^\p{L}/u.test(word.text)).length < words.length * 0.6) return undefined;
  const gaps = words.slice(1).map((word, index) => word.upright.left - rightOf(words[index]?.upright ?? word.upright));
  const ascending = [...gaps].sort((first, second) => first - second);
  const usual = ascending[Math.floor(gaps.length * 0.4)] ?? 0;
  const widest = ascending.at(-1) ?? 0;
  const height = median(words.map((word) => word.upright.height));
  const singles = words.filter((word) => word.text.length === 1).length;
  const letters = words.reduce((sum, word) => sum + word.text.length, 0);
  const narrow = letters <= words.length * 2.2 && usual < height * 0.22 && widest > usual * 1.6 + height * 0.1;
  if (singles < words.length * 0.75 && !narrow) return undefined;
  return joinWhere(words, (gap) => gap <= usual + height * 0.12);
}

function joinWhere(words: readonly PlacedWord[], isOne: (gap: number, height: number) => boolean): PlacedWord[] {
  const joined: PlacedWord[] = [];
  let edge = Number.NEGATIVE_INFINITY;
  for (const word of words) {
    const last = joined.at(-1);
    const one = last && isOne(word.upright.left - edge, Math.min(last.upright.height, word.upright.height));
    if (last && one) joined[joined.length - 1] = joinWords(last, word);
    else joined.push(word);
    edge = rightOf(word.upright);
  }
  return joined;
}

/** Where the sentences of a reading view are, although a page breaks its lines in the middle of them. */

/** A [start, end) range of a text, without blanks at either end. */
export interface Span {
  start: number;
  end: number;
}

/** Lines at least this long are taken to be broken by the margin; shorter ones end where their writer ended them (labels, rows, items of a list). */
const WRAPPED_LINE = 45;
const LIST_ITEM = /^(?:[-*•‣◦▪–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s/u;
const LOWER_CASE = /^\p{Ll}/u;

/** Intl also ends sentences inside what has no blanks ("www.a.de?B=1"); only full stops of scripts without blanks may do that. */
const MAY_END_SENTENCE = /[\s\u3002\uff01\uff1f\uff61\uff0e]/;

/**
 * A full stop that ends no sentence: after an initial, an ordinal ("1. März"), or what is shortened before a name or number. What also ends sentences ("Inc.", "etc.") is not here;
 * a sentence joined to the next by mistake costs a chunk little, a cut one may lose the answer.
 */
const ABBREVIATED =
  /(?:^|[\s("'«„“/-])(?:\p{L}|\d{1,2}|(?:\p{L}\.){1,3}\p{L}|Mr|Mrs|Ms|Dr|Drs|Prof|St|Nos?|Nr|Art|Arts|Abs|Ziff|Fig|Figs|Sec|Vol|pp|cf|vs|ca|approx|bzw|vgl|inkl|zzgl|abzgl|gem|lt|Hr|Fr|Dipl|Ing|Tel|Sr|Sra|Mme|Mlle|Sig|Dott|núm|art|arts|nr|no|nos)\.\s+$/u;
const LONGEST_ABBREVIATION = 16;

/** The language as Intl knows it, or undefined (then Intl's default, which is the same everywhere for sentences). */
function localeOf(language: string): string {
  try {
    return Intl.Segmenter.supportedLocalesOf(language)[0] ?? "en";
  } catch {
    return "en";
  }
}

/** The text with each line break that is inside a sentence replaced by a blank, so offsets stay as they are. */
function joinWrappedLines(text: string, rows: ReadonlySet<number>): string {
  const lines = text.split("\n");
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const next = lines[index + 1];
    parts.push(line);
    if (next === undefined) break;
    const nextStart = start + line.length + 1;
    const isRow = rows.has(start) || rows.has(nextStart);
    start = nextStart;
    const isWrapped = !isRow && line !== "" && next !== "" && !LIST_ITEM.test(next) && (line.length >= WRAPPED_LINE || LOWER_CASE.test(next));
    parts.push(isWrapped ? " " : "\n");
  }
  return parts.join("");
}

/** Cuts blanks off both ends; undefined when nothing else is there. */
export function trimSpan(text: string, start: number, end: number): Span | undefined {
  let first = start;
  let last = end;
  while (first < last && /\s/.test(text.charAt(first))) first++;
  while (last > first && /\s/.test(text.charAt(last - 1))) last--;
  return first < last ? { start: first, end: last } : undefined;
}

/** Whether a sentence may end at `end`, judged by the text since `start`. */
function endsSentence(text: string, start: number, end: number): boolean {
  return MAY_END_SENTENCE.test(text.charAt(end - 1)) && !ABBREVIATED.test(text.slice(start, end));
}

const NO_ROWS: ReadonlySet<number> = new Set();

/**
 * The sentences of a text in order, not overlapping, all words covered. An empty line always ends a sentence. The lines that begin at the offsets `rows` are rows of a table:
 * each is as one sentence. Linear in the text's length.
 */
export function sentencesOf(text: string, language: string, rows: ReadonlySet<number> = NO_ROWS): Span[] {
  const segmenter = new Intl.Segmenter(localeOf(language), { granularity: "sentence" });
  const joined = joinWrappedLines(text, rows);
  const sentences: Span[] = [];
  let blockStart = 0;
  while (blockStart < joined.length) {
    const lineEnd = joined.indexOf("\n", blockStart);
    const blockEnd = lineEnd < 0 ? joined.length : lineEnd + 1;
    let start = blockStart;
    for (const { index, segment } of segmenter.segment(joined.slice(blockStart, blockEnd))) {
      const end = blockStart + index + segment.length;
      if (end < blockEnd && (rows.has(blockStart) || !endsSentence(joined, Math.max(start, end - LONGEST_ABBREVIATION), end))) continue;
      const span = trimSpan(joined, start, end);
      if (span !== undefined) sentences.push(span);
      start = end;
    }
    blockStart = blockEnd;
  }
  return sentences;
}

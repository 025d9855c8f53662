/** Names in a text: runs of words that begin with a capital, and what stands in quotes. */
import { stopWords } from "./stopwords.ts";

const TOKEN = /[\p{L}\p{N}][\p{L}\p{M}\p{N}.'’&/-]{0,60}/gu;
/** What may stand inside a name in small letters. */
const INSIDE = new Set("of the de la le du des del der den von van da di and y e for in to".split(" "));
const QUOTED = /"([^"\n]{2,120})"|“([^”\n]{2,120})”|«([^»\n]{2,120})»|„([^“\n]{2,120})“/g;
const LONGEST_TEXT = 20_000;
const LONGEST_NAME_TOKENS = 8;

interface Token {
  text: string;
  start: number;
  end: number;
}

/** The names in a text in their order, each once, at most `most`. A single capitalised word at a sentence's beginning is none. */
export function namesIn(text: string, language: string, most: number): string[] {
  const bounded = text.slice(0, LONGEST_TEXT);
  const stop = stopWords(language.split("-")[0] ?? "");
  const quoted = [...bounded.matchAll(QUOTED)].map((match) => ({ text: (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim(), start: match.index }));
  const inQuotes = (start: number) => quoted.some((quote) => start > quote.start && start <= quote.start + quote.text.length);
  const names = [...quoted, ...capitalised(bounded, stop).filter(({ start }) => !inQuotes(start))].sort((left, right) => left.start - right.start);
  const known = new Set<string>();
  const found: string[] = [];
  for (const { text: name } of names) {
    const key = name.toLowerCase();
    if (name.length < 2 || known.has(key)) continue;
    known.add(key);
    found.push(name);
    if (found.length === most) break;
  }
  return found;
}

function capitalised(text: string, stop: ReadonlySet<string>): { text: string; start: number }[] {
  const names: { text: string; start: number }[] = [];
  let run: Token[] = [];
  const finish = () => {
    // A name neither begins nor ends with a small word.
    while (run[0] !== undefined && (stop.has(run[0].text.toLowerCase()) || !isCapital(run[0].text))) run.shift();
    while (run.length > 0 && !isCapital(run.at(-1)?.text ?? "")) run.pop();
    const [first, last] = [run[0], run.at(-1)];
    const isSentenceStart = run.length === 1 && first !== undefined && beginsSentence(text, first.start) && !/\p{Lu}.*\p{Lu}|\d/u.test(first.text);
    if (first !== undefined && last !== undefined && !isSentenceStart)
      names.push({ text: text.slice(first.start, last.end).replace(/['’]s$/, ""), start: first.start });
    run = [];
  };
  for (const match of text.matchAll(TOKEN)) {
    const trimmed = match[0].replace(/[.'’/-]+$/, "");
    const token = { text: trimmed, start: match.index, end: match.index + trimmed.length };
    const previous = run.at(-1);
    if (previous !== undefined && (!continues(text, previous, token) || run.length >= LONGEST_NAME_TOKENS)) finish();
    if (isCapital(token.text) || (run.length > 0 && (INSIDE.has(token.text) || /^\d+$/.test(token.text)))) run.push(token);
    else finish();
  }
  finish();
  return names;
}

/** Whether an offset is the beginning of the text, a line, or a sentence. */
function beginsSentence(text: string, offset: number): boolean {
  const before = text.slice(Math.max(0, offset - 8), offset).trimEnd();
  return before === "" || /[.!?:\n]$/.test(before) || text.slice(before.length, offset).includes("\n");
}

/** Whether a token goes on with the name of the one before it: after a blank, or the full stop of an initial or a title. */
function continues(text: string, previous: Token, token: Token): boolean {
  const between = text.slice(previous.end, token.start);
  return between === " " || (between === ". " && previous.text.length <= 2);
}

function isCapital(word: string): boolean {
  return /^(?:\p{Lu}|\d+\p{Lu})/u.test(word);
}

/** Relevance: is it an answer to this question? By the kind of value that the question asks for, and by what labels the cited place against what labels other places. */
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Score } from "../schema/result.ts";
import { datesIn } from "../values/date.ts";
import { emailsIn } from "../values/email.ts";
import { squash } from "../values/fold.ts";
import { numbersIn } from "../values/number.ts";
import { type CheckInput, score } from "./check.ts";
import { askedKind, hasKind } from "./kinds.ts";
import { type CitedPiece, citedPieces, type DocumentLine, linesOf, type Piece } from "./places.ts";
import { contradiction, coverage, isOnlyAbout, membersIn, plainWords, type Term, termsOf } from "./wording.ts";

/** Families of labels that matter to a type. */
const FAMILIES: Readonly<Record<OutputType, readonly string[]>> = {
  text: ["party", "number"],
  number: ["amount"],
  date: ["day"],
  email: ["party"],
  boolean: [],
  json: [],
  table: [],
  "line-item": [],
};
/** How far above a value its label may stand, lines; the head of a column may stand farther. */
const LABEL_LINES = 3;
const HEAD_LINES = 60;
/** Other places are looked for in so many lines from the document's beginning, and around the cited one. */
const FIRST_LINES = 400;
const LINES_AROUND = 100;
const NUMBER_WORDS = /\b(?:numbers?|no\.?|nr\.?|id|code|nummer|num[ée]ro|n[úu]mero)(?!\p{L})|nummer\b/iu;
const MOST_PIECES = 8;
const COVERED = 0.7;
/** So much better a rival must be covered. */
const AHEAD = 0.5;
const LONGEST_LABEL = 80;

interface Place {
  piece: string;
  /** What stands directly before the value, or heads it. */
  label: string;
  /** All of that and what surrounds it. */
  around: string;
}

function overlaps(one: Piece, other: Piece): boolean {
  return one.start < other.end + 2 && other.start < one.end + 2;
}

/** The nearest label above a piece: of the lines just above the closest that holds a label, else the head of its column. */
function above(lines: readonly DocumentLine[], at: number, piece: Piece): string[] {
  const found: string[] = [];
  const page = lines[at]?.page;
  for (let line = at - 1; line >= Math.max(0, at - HEAD_LINES) && lines[line]?.page === page; line--) {
    const pieces = (lines[line]?.pieces ?? []).filter((other) => overlaps(piece, other));
    if (at - line <= LABEL_LINES) found.push(...pieces.map(({ text }) => text));
    else {
      const head = pieces.find(({ text }) => !/\d/.test(text));
      if (head) return [...found, head.text];
    }
  }
  return found;
}

/** The cited pieces that hold the value; all of them where none does. */
function piecesWith(input: CheckInput, cited: readonly CitedPiece[]): readonly CitedPiece[] {
  const printed = squash(String(input.value));
  const holds = (text: string) => {
    if (input.type === "date" || typeof input.value === "number") return isSame(text, input);
    return printed !== "" && (squash(text).includes(printed) || (squash(text).length > 3 && printed.includes(squash(text))));
  };
  const holding = cited.filter(({ piece }) => holds(piece.text));
  return holding.length > 0 ? holding : cited.slice(0, MOST_PIECES);
}

function placesOf(input: CheckInput, document: DocumentText): Place[] {
  const lines = linesOf(document);
  return piecesWith(input, citedPieces(document, input.citations)).map(({ line, piece }) => {
    const own = piece.text;
    const text = typeof input.value === "string" ? input.value : "";
    const before = text !== "" && own.includes(text) ? own.slice(0, own.indexOf(text)) : own.replace(/[\d][\s\S]*$/, "");
    const left = (lines[line]?.pieces ?? []).filter((other) => other.end <= piece.start).at(-1)?.text ?? "";
    const label = before.trim() !== "" ? before : /\d{3}/.test(left) ? "" : left;
    const higher = above(lines, line, piece);
    return { piece: own, label: label.trim() !== "" ? label : (higher[0] ?? ""), around: [own, left, ...higher, lines[line]?.text ?? ""].join("\n") };
  });
}

/** A name is no number, and a label no answer. */
function looksLike(text: string, value: string): boolean {
  const share = (of: string) => of.replace(/[^\p{L}]/gu, "").length / Math.max(1, squash(of).length);
  return !/:\s*$/.test(text) && /[\p{L}\p{N}]{2}/u.test(text) && share(text) > 0.6 === share(value) > 0.6;
}

/** Whether a text could be an answer of the type, other than the value. */
function couldAnswer(text: string, input: CheckInput): boolean {
  if (text.trim() === "") return false;
  if (input.type === "date")
    return datesIn(text, input.facts).some(({ iso }) => iso !== input.value) && !datesIn(text, input.facts).some(({ iso }) => iso === input.value);
  if (input.type === "email") return emailsIn(text).length > 0 && !emailsIn(text).includes(String(input.value));
  if (typeof input.value === "number") {
    const wanted = Math.abs(input.value);
    const readings = numbersIn(text.slice(0, 200), input.facts).flatMap((number) =>
      number.broken || number.attached ? [] : [number.readings.map((reading) => reading.abs().toNumber())],
    );
    return readings.length > 0 && !readings.some((reading) => reading.includes(wanted));
  }
  const printed = squash(String(input.value));
  return looksLike(text, String(input.value)) && !squash(text).includes(printed) && !printed.includes(squash(text));
}

/** What stands to the right of a label and below it. */
function answersAt(lines: readonly DocumentLine[], line: number, piece: Piece): string[] {
  const right = (lines[line]?.pieces ?? []).find((other) => other.start >= piece.end)?.text ?? "";
  const inside = piece.text.includes(":") ? piece.text.slice(piece.text.indexOf(":") + 1) : "";
  const below = lines[line + 1]?.page === lines[line]?.page ? (lines[line + 1]?.pieces ?? []).find((other) => overlaps(piece, other))?.text : undefined;
  return [inside, right, below ?? ""];
}

/** How clearly, 0 to 1, another place of the document is labelled with what is asked and followed by another answer of the type. */
function rivalOf(terms: readonly Term[], input: CheckInput, document: DocumentText, cited: readonly CitedPiece[]): number {
  const lines = linesOf(document);
  const near = cited[0]?.line ?? 0;
  let best = 0;
  for (const [index, line] of lines.entries()) {
    if (index >= FIRST_LINES && Math.abs(index - near) >= LINES_AROUND) continue;
    for (const piece of line.pieces) {
      const label = piece.text.split(":")[0] ?? "";
      if (label.length > LONGEST_LABEL) continue;
      const covered = coverage(terms, label, FAMILIES[input.type]);
      if (covered <= best || covered < COVERED || !isOnlyAbout(terms, label, FAMILIES[input.type])) continue;
      const answers = answersAt(lines, index, piece);
      const [first] = answers.filter((text) => text.trim() !== "");
      const isValue = answers.some((text) => text.trim() !== "" && isSame(text, input));
      if (!isValue && first !== undefined && couldAnswer(first, input)) best = covered;
    }
  }
  return best;
}

function isSame(text: string, input: CheckInput): boolean {
  if (input.type === "date") return datesIn(text, input.facts).some(({ iso }) => iso === input.value);
  if (typeof input.value === "number") return !couldAnswer(text, input) && /\d/.test(text);
  return squash(text).includes(squash(String(input.value)));
}

/** Of a period that is printed in one piece the first day is its start and the last its end. */
function isOtherEnd(input: CheckInput, asked: ReadonlySet<string>, texts: readonly string[]): boolean {
  const [isStart, isEnd] = [asked.has("day:start"), asked.has("day:end")];
  if (input.type !== "date" || isStart === isEnd) return false;
  const periods = texts
    .map((text) => datesIn(text, input.facts).map(({ iso }) => iso))
    .filter((days) => days.length === 2 && days.some((day) => day === input.value) && days[0] !== days[1]);
  return periods.length > 0 && periods.every((days) => [...days].sort()[isStart ? 0 : 1] !== input.value);
}

/** "The company that issued the invoice" asks for no number; and how a period is called says nothing of which end is which. */
function matters(family: string, input: CheckInput, prompt: string, places: readonly Place[]): boolean {
  if (family === "number") return NUMBER_WORDS.test(prompt);
  return family !== "day" || !places.some(({ piece }) => datesIn(piece, input.facts).length > 1);
}

function ofPlace(input: CheckInput, prompt: string, document: DocumentText): Score {
  const places = placesOf(input, document);
  if (places.length === 0) return score(0.6, "what it cites could not be found again");
  const families = FAMILIES[input.type].filter((family) => matters(family, input, prompt, places));
  const terms = termsOf(prompt);
  const quotes = input.citations.map(({ quote }) => quote).join("\n");
  const covered = Math.max(coverage(terms, quotes, families), ...places.map(({ around }) => coverage(terms, around, families)));
  const asked = membersIn(prompt);
  const labels = places.map(({ label }) => membersIn(label));
  const found = labels.map((label) => contradiction(asked, label, families));
  const family = found.every((entry) => entry !== undefined) ? found[0] : undefined;
  if (family !== undefined) return score(0.3, `the label at the cited place names another ${family}`);
  if (
    isOtherEnd(
      input,
      asked,
      places.map(({ piece }) => piece),
    )
  )
    return score(0.3, "it is the other end of the period");
  const explicit = places.map(({ label }) => label).filter((label) => plainWords(label).length > 0);
  const own = explicit.length > 0 ? Math.max(coverage(terms, quotes, families), ...explicit.map((label) => coverage(terms, label, families))) : covered;
  const rival = own >= COVERED ? 0 : rivalOf(terms, input, document, citedPieces(document, input.citations));
  if (rival - own >= AHEAD) return score(0.4, "another place of the document is labelled with what is asked, the cited one is not");
  if (covered >= COVERED) return score(1, "the words of the question stand at the cited place");
  return covered > 0 ? score(0.85, "some words of the question stand at the cited place") : score(0.65, "no words of the question stand at the cited place");
}

function ofRows(value: Json, prompt: string): Score {
  if (value === null || typeof value !== "object") return score(0.2, "the question asks for rows or fields");
  const text = JSON.stringify(value).slice(0, 20_000);
  return coverage(termsOf(prompt), text, []) > 0 ? score(1, "fields of the answer are named in the question") : score(0.8, "a structure, as asked");
}

/** Scores whether the value answers the question: below .5 it is of another kind than asked, or stands where the document speaks of something else. */
export function relevance(input: CheckInput): Score {
  const { value, type, prompt, document, status } = input;
  if (value === null) return status === undefined || status === "absent" ? score(1, "no value, as in the document") : score(0, "no value");
  if (prompt === undefined || prompt.trim() === "") return score(0.7, "there is no question to compare with");
  if (type === "table" || type === "line-item" || type === "json") return ofRows(value, prompt);
  const kind = askedKind(prompt);
  if (kind !== undefined && typeof value === "string" && type !== "boolean" && !hasKind(value, kind, input.facts))
    return score(0.2, `the question asks for ${kind.name}`);
  return document === undefined ? score(0.7, "there is no document to compare with") : ofPlace(input, prompt, document);
}

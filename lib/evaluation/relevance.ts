/** Relevance: is it an answer to this question? By the kind of value that the question asks for, and by what labels the cited place against what labels other places. */
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Score } from "../schema/result.ts";
import { squash } from "../values/fold.ts";
import { type CheckInput, score } from "./check.ts";
import { askedKind, hasKind } from "./kinds.ts";
import { citedLines, type DocumentLine, linesOf, type Piece } from "./places.ts";
import { contradiction, coverage, membersIn, plainWords, type Term, termsOf } from "./wording.ts";

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
const COVERED = 0.7;
const UNCOVERED = 0.25;

interface Place {
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

/** The pieces of the cited lines that hold the value, as squashed text; all of them where none does. */
function piecesWith(lines: readonly DocumentLine[], cited: readonly number[], printed: string): { line: number; piece: Piece }[] {
  const all = cited.flatMap((line) => (lines[line]?.pieces ?? []).map((piece) => ({ line, piece })));
  const holding = all.filter(
    ({ piece }) => printed !== "" && (squash(piece.text).includes(printed) || (squash(piece.text).length > 3 && printed.includes(squash(piece.text)))),
  );
  return holding.length > 0 ? holding : all.slice(0, 8);
}

function placesOf(input: CheckInput, document: DocumentText): Place[] {
  const lines = linesOf(document);
  const cited = citedLines(document, input.citations);
  const printed = typeof input.value === "string" && input.type !== "date" ? squash(input.value) : "";
  return piecesWith(lines, cited, printed).map(({ line, piece }) => {
    const own = piece.text;
    const text = typeof input.value === "string" ? input.value : "";
    const before = text !== "" && own.includes(text) ? own.slice(0, own.indexOf(text)) : own.replace(/[\d][\s\S]*$/, "");
    const left = (lines[line]?.pieces ?? []).filter((other) => other.end <= piece.start).at(-1)?.text ?? "";
    const label = before.trim() !== "" ? before : /\d{3}/.test(left) ? "" : left;
    const higher = above(lines, line, piece);
    return { label: label.trim() !== "" ? label : (higher[0] ?? ""), around: [own, left, ...higher, lines[line]?.text ?? ""].join("\n") };
  });
}

/** Whether another place of the document is labelled with what is asked, clearly better than the cited one. */
function hasRival(terms: readonly Term[], document: DocumentText, cited: readonly number[]): boolean {
  const lines = linesOf(document);
  const near = cited[0] ?? 0;
  const isLabel = (piece: Piece) => plainWords(piece.text).length <= 3 * terms.length + 4 && coverage(terms, piece.text) >= COVERED;
  return lines.some((line, index) => (index < FIRST_LINES || Math.abs(index - near) < LINES_AROUND) && !cited.includes(index) && line.pieces.some(isLabel));
}

function ofPlace(input: CheckInput, prompt: string, document: DocumentText): Score {
  const places = placesOf(input, document);
  if (places.length === 0) return score(0.6, "what it cites could not be found again");
  const terms = termsOf(prompt);
  const quotes = input.citations.map(({ quote }) => quote).join("\n");
  const covered = Math.max(coverage(terms, quotes), ...places.map(({ around }) => coverage(terms, around)));
  const asked = membersIn(prompt);
  const labels = places.map(({ label }) => membersIn(label));
  // "The company that issued the invoice" asks for no number.
  const families = FAMILIES[input.type].filter((family) => family !== "number" || NUMBER_WORDS.test(prompt));
  const found = labels.map((label) => contradiction(asked, label, families));
  const family = found.every((entry) => entry !== undefined) ? found[0] : undefined;
  if (family !== undefined) return score(0.3, `the label at the cited place names another ${family}`);
  if (covered < UNCOVERED && hasRival(terms, document, citedLines(document, input.citations)))
    return score(0.4, "another place of the document is labelled with what is asked, the cited one is not");
  if (covered >= COVERED) return score(1, "the words of the question stand at the cited place");
  return covered > 0 ? score(0.85, "some words of the question stand at the cited place") : score(0.65, "no words of the question stand at the cited place");
}

function ofRows(value: Json, prompt: string): Score {
  if (value === null || typeof value !== "object") return score(0.2, "the question asks for rows or fields");
  const text = JSON.stringify(value).slice(0, 20_000);
  return coverage(termsOf(prompt), text) > 0 ? score(1, "fields of the answer are named in the question") : score(0.8, "a structure, as asked");
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

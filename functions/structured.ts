/** Answers that have parts of their own: lists, rows, and objects whose keys the document gives. Every single value in them is typed and located by itself. */
import type { Extractor } from "../lib/adapters/contract.ts";
import { writingOf } from "../lib/facts/facts.ts";
import type { Json } from "../lib/schema/json.ts";
import type { Citation, Leaf } from "../lib/schema/result.ts";
import type { StructureNode } from "../lib/schema/structure.ts";
import { type Conformed, conform } from "../lib/structure/conform.ts";
import { type ProvenLeaf, proveLeaves } from "../lib/structure/prove.ts";
import { leafReader } from "../lib/structure/read-leaf.ts";
import { fromRow, rowColumns } from "../lib/structure/rows.ts";
import { type Answered, type Asked, absent, LEAST_PART_CONFIDENCE, shortQuestion } from "./answering.ts";

/** Citations of a list stand for its rows; the rest are with the leaves. */
const MOST_CITATIONS = 100;

/** A question about a part that has parts. */
export type StructuredAsked = Asked & { part: NonNullable<Asked["part"]> };

/** Whether a question's answer has parts of its own. */
export function isStructured(asked: Asked): asked is StructuredAsked {
  return asked.part !== undefined && asked.part.node.is !== "leaf";
}

/** What a reader answered, in the structure's form. Uncertain as soon as one of its values has no place in the document. */
export function structuredAnswer(asked: StructuredAsked, raw: Json, reasoning: string): Answered {
  const facts = writingOf(asked.document);
  const { value, leaves }: Conformed = conform(asked.part.node, raw, leafReader(facts));
  if (value === undefined || (Array.isArray(value) && value.length === 0))
    return absent(reasoning || "nothing of what was answered has the form of the schema");
  const proven = proveLeaves(asked.document, facts, leaves);
  const entries = Object.fromEntries(proven.map((leaf) => [leaf.pointer, leafOf(leaf)]));
  const open = proven.filter((leaf) => entries[leaf.pointer]?.status === "uncertain");
  const citations = distinct(proven.flatMap((leaf) => leaf.citations)).slice(0, MOST_CITATIONS);
  const status = open.length > 0 || citations.length === 0 ? "uncertain" : "extracted";
  const why =
    open.length > 0
      ? `${open.length} of ${proven.length} values are not proven, such as ${open[0]?.pointer}: ${entries[open[0]?.pointer ?? ""]?.reasoning}. `
      : "";
  return { value, status, citations, alternatives: [], reasoning: `${why}${reasoning}`.trim(), leaves: entries };
}

/** A choice or a yes or no is concluded from its row rather than printed, so the row's place is its proof. */
function leafOf({ value, citations, proven, problem, node }: ProvenLeaf): Leaf {
  const concluded = citations.length > 0 && (node.choices !== undefined || node.type === "boolean");
  if (value !== null && (proven || concluded)) return { value, status: "extracted", citations: [...citations] };
  const reasoning = problem ?? "it doesn't stand near the rest of its row";
  return { value, status: "uncertain", citations: proven ? [...citations] : [], reasoning };
}

function distinct(citations: readonly Citation[]): Citation[] {
  const seen = new Set<string>();
  return citations.filter((citation) => {
    const key = JSON.stringify([citation.page, citation.range, citation.quote, citation.boxes[0]]);
    return !seen.has(key) && seen.add(key);
  });
}

/** The model-free extractor reads rows from tables whose headings fit, and single values for lists of those. Of several readings the one that has most of its values proven, and of those the first. */
export function structuredFromExtractor(extractor: Extractor, asked: StructuredAsked): Answered {
  const { document, given, hits } = asked;
  const focus = hits.map(({ range }) => range);
  const item = itemOf(asked.part.node);
  const columns = item === undefined ? [] : rowColumns(item);
  const type = item?.is === "leaf" ? item.type : "line-item";
  if (item === undefined || (item.is !== "leaf" && (columns.length === 0 || holdsRows(item))))
    return absent("a form that only a language model can fill; choose one with --llm");
  const question = shortQuestion(asked.part, asked.prompt);
  const prompt = type === "line-item" ? `${question} with columns: ${columns.map(({ label }) => label).join(", ")}` : question;
  const readings = extractor
    .extract({ prompt, given, type, document, focus })
    .filter(({ confidence }) => item.is !== "leaf" || confidence >= LEAST_PART_CONFIDENCE);
  const answers = readings.map((reading) => {
    const rows = Array.isArray(reading.raw) ? reading.raw : [reading.raw];
    const raw = type === "line-item" ? rows.map((row) => fromRow(row, columns)) : rows;
    return { ...structuredAnswer(asked, raw, reading.reason), confidence: reading.confidence };
  });
  const [best] = answers.filter(({ status }) => status !== "absent").toSorted((left, right) => provenShare(right) - provenShare(left));
  return best ?? answers[0] ?? absent("nothing in the document has the form that is asked for");
}

function provenShare({ leaves = {} }: Answered): number {
  const all = Object.values(leaves);
  return all.filter(({ status }) => status === "extracted").length / Math.max(1, all.length);
}

/** Whether a row would have rows of its own, which no table has. */
function holdsRows(node: StructureNode): boolean {
  if (node.is === "object") return node.properties.some((property) => property.node.is !== "leaf" && holdsRows(property.node));
  return node.is === "list" && node.item.is === "object";
}

/** What a list holds; of several forms the first that is a list. */
function itemOf(node: StructureNode): StructureNode | undefined {
  if (node.is === "list") return node.item;
  return node.is === "either" ? node.forms.map(itemOf).find((item) => item !== undefined) : undefined;
}

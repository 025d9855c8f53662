/** Prompts for a document, found without a model: what is commonly asked of its kind, what it labels, and its tables; only what the model-free extractor answers. */
import type { Extractor, Reading } from "../adapters/contract.ts";
import { pageOf } from "../document/views.ts";
import { factsOf } from "../facts/facts.ts";
import { comparableText } from "../facts/kinds.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { ColumnInput, OutputType } from "../schema/request.ts";
import { parseValue } from "../values/index.ts";
import { type Labelled, labelledValues, typeOf } from "./labelled.ts";
import { QUESTIONS } from "./questions.ts";
import { type ProposedTable, proposedTables, type RowsRead, touches } from "./tables.ts";

/** A prompt and what the document answers to it. `page` from 1, only in documents with pages. */
export interface Proposed {
  output: { name: string; prompt: string; type: OutputType; columns?: ColumnInput[] };
  value: Json;
  page?: number;
}

/** A reading that is no surer than this is no reason to propose a question. */
const SURE = 0.5;
const MOST_LABELLED = 30;
const LONGEST_NAME = 60;

interface Answered {
  value: Json;
  reading: Reading;
}

interface Proposing {
  document: DocumentText;
  extractor: Extractor;
  outputs: (Proposed & { range: readonly [number, number]; confidence: number })[];
}

/** The prompts that suit a document, common ones first, then labelled values in the order of the text, then tables. Empty where nothing is sure enough. The same document always gets the same. */
export function proposePrompts(document: DocumentText, extractor: Extractor): Proposed[] {
  const { kind, writing } = factsOf(document);
  const proposing: Proposing = { document, extractor, outputs: [] };
  const text = comparableText(document.reading.text);
  for (const { name, type, prompt, printed } of QUESTIONS[kind]) {
    if (printed !== undefined && !printed.some((word) => text.includes(` ${word}`))) continue;
    const answered = answer(proposing, prompt, type);
    if (answered !== undefined && answered.reading.confidence >= SURE) add(proposing, { name, prompt, type }, answered);
  }
  const tables = proposedTables({ document, writing, kind, read: (prompt) => rowsRead(proposing, prompt) });
  for (const labelled of labelledValues(document)) {
    if (proposing.outputs.length >= QUESTIONS[kind].length + MOST_LABELLED) break;
    if (!tables.some(({ range }) => touches(range, labelled.range))) addLabelled(proposing, labelled);
  }
  const single = proposing.outputs.map(({ output, value, page }) => ({ output, value, ...(page === undefined ? {} : { page }) }));
  return [...single, ...tables.map((table) => tableOutput(document, table, proposing))];
}

function answer({ document, extractor }: Proposing, prompt: string, type: OutputType): Answered | undefined {
  const focus = [[0, document.reading.text.length] as const];
  for (const reading of extractor.extract({ prompt, type, document, focus })) {
    const quote = document.layout.text.slice(reading.range[0], reading.range[1]);
    const typed = parseValue({ raw: reading.raw, type, enforce: true, facts: factsOf(document).writing, quote });
    if (typed.valid && typed.value !== null) return { value: typed.value, reading };
  }
  return undefined;
}

/** Two questions that are answered by the same words ask for the same: the surer stays, of equals the first. */
function add(proposing: Proposing, output: Proposed["output"], { value, reading }: Answered): void {
  const rival = proposing.outputs.findIndex(({ range }) => touches(range, reading.range));
  const held = proposing.outputs[rival];
  if (held !== undefined && held.confidence >= reading.confidence) return;
  if (held !== undefined) proposing.outputs.splice(rival, 1);
  const page = proposing.document.kind === "pages" ? { page: pageOf(proposing.document, "layout", reading.range[0]) } : {};
  proposing.outputs.push({ output, value, ...page, range: reading.range, confidence: reading.confidence });
}

/** A labelled value that no question has, if the extractor finds it by its label. */
function addLabelled(proposing: Proposing, { label, value, range }: Labelled): void {
  if (proposing.outputs.some((output) => touches(output.range, range))) return;
  const name = freeName(proposing, label);
  if (name === "") return;
  const type = typeOf(label, value, factsOf(proposing.document).writing);
  const prompt = `What is the ${label}?`;
  const answered = answer(proposing, prompt, type);
  if (answered !== undefined && touches(answered.reading.range, range)) add(proposing, { name, prompt, type }, answered);
}

function freeName({ outputs }: Proposing, label: string): string {
  const name = label
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, LONGEST_NAME);
  const taken = new Set(outputs.map(({ output }) => output.name));
  for (let copy = 1; ; copy++) {
    const free = copy === 1 ? name : `${name}_${copy}`;
    if (name === "" || !taken.has(free)) return name === "" ? "" : free;
  }
}

function rowsRead(proposing: Proposing, prompt: string): RowsRead | undefined {
  const answered = answer(proposing, prompt, "line-item");
  if (answered === undefined || !Array.isArray(answered.value)) return undefined;
  const rows = answered.value.flatMap((row) => (row !== null && typeof row === "object" && !Array.isArray(row) ? [row] : []));
  return { rows, range: answered.reading.range };
}

function tableOutput(document: DocumentText, { name, prompt, columns, rows, range }: ProposedTable, proposing: Proposing): Proposed {
  const output = { name: freeName(proposing, name), prompt, type: "line-item" as const, columns };
  return { output, value: [...rows], ...(document.kind === "pages" ? { page: pageOf(document, "layout", range[0]) } : {}) };
}

/** From a question to a typed value with its proof: asked of the model-free extractor or of a chat model, then typed and located by the same code. */
import type { ChatModel, Extractor, RawAnswer, Reading } from "../lib/adapters/contract.ts";
import { ANSWER_OVERHEAD_TOKENS, askModel } from "../lib/agents/answer.ts";
import { citeRange, locate } from "../lib/document/locate.ts";
import { shownTables } from "../lib/document/tables/shown.ts";
import { countTokens } from "../lib/document/tokens.ts";
import { writingOf } from "../lib/facts/facts.ts";
import type { StageContext } from "../lib/pipeline/define.ts";
import { MARK_TOKENS, selectPassages } from "../lib/retrieval/passages.ts";
import type { Hit } from "../lib/retrieval/strategy.ts";
import type { DocumentText } from "../lib/schema/document.ts";
import type { Json } from "../lib/schema/json.ts";
import type { Output, OutputType, ProcessRequest } from "../lib/schema/request.ts";
import type { Citation } from "../lib/schema/result.ts";
import { answerSchemaOf } from "../lib/structure/answer-schema.ts";
import type { Part } from "../lib/structure/parts.ts";
import { parseValue, type TypedValue } from "../lib/values/index.ts";
import type { Answer } from "./agentic-extract.ts";
import type { Resources } from "./resources.ts";
import { isStructured, structuredAnswer, structuredFromExtractor } from "./structured.ts";

/** A question as it is put. `prompt` has its variables filled in, `given` are the texts that were found earlier and filled in. */
export interface Asked {
  output: Output;
  /** Where the question is a part of a structure: which. */
  part: Part | undefined;
  prompt: string;
  /** What the whole output asks for, where the question is a part of it. */
  preface: string | undefined;
  given: readonly string[];
  type: OutputType;
  document: DocumentText;
  hits: readonly Hit[];
  request: ProcessRequest;
  contextTokens: number;
}

export type Answered = Pick<Answer, "value" | "status" | "citations" | "alternatives" | "confidence" | "reasoning" | "leaves">;

/** More passages than this cost money with every prompt and find nothing more: 2,400 tokens held every answer of the open cases. */
const MOST_PASSAGE_TOKENS = 8_000;
/** A list may go on over pages, and what isn't shown isn't found. */
const MOST_LIST_TOKENS = 32_000;
const LEAST_PASSAGE_TOKENS = 256;
/** Questions for rows are shown the tables that were found as well, one line a row, in up to this share of what passages may cost. */
const TABULAR: ReadonlySet<OutputType> = new Set<OutputType>(["table", "line-item"]);
const TABLES_SHARE = 0.4;
const LONGEST_DESCRIPTION = 80;

/** A property's name alone says so little that a weaker reading is most often of something else. */
export const LEAST_PART_CONFIDENCE = 0.6;

/** Takes the best reading that can be typed; other readings of the same confidence become alternatives. */
export function answerWithExtractor(extractor: Extractor, asked: Asked): Answered {
  if (isStructured(asked)) return structuredFromExtractor(extractor, asked);
  const { document, prompt, given, type, hits } = asked;
  const question = asked.part ? shortQuestion(asked.part, prompt) : prompt;
  const readings = extractor.extract({ prompt: question, given, type, document, focus: hits.map(({ range }) => range) });
  for (const reading of readings) {
    if (asked.part !== undefined && reading.confidence < LEAST_PART_CONFIDENCE) continue;
    const typed = typeOf(asked, reading.raw, textOf(document, reading.range));
    if (!typed.valid || typed.value === null) continue;
    const citation = citeRange(document, "layout", reading.range);
    return { ...proven(typed, [citation]), confidence: reading.confidence, reasoning: explained(reading, typed) };
  }
  const weak = readings.length === 0 || (asked.part !== undefined && (readings[0]?.confidence ?? 0) < LEAST_PART_CONFIDENCE);
  const reason = weak ? `nothing on the searched pages (${pagesOf(hits)}) answers it` : `what was found can't be read as ${type}`;
  return absent(weak ? reason : `${reason}: ${typeOf(asked, readings[0]?.raw ?? null, "").reason}`);
}

/** Shows the model the passages that fit its context, and checks its answer: a value is extracted only when its quote stands in the document. */
export async function answerWithModel(model: ChatModel, asked: Asked, context: StageContext<Resources>): Promise<Answered> {
  const { document, prompt, type, request } = asked;
  const { preamble, postamble } = request.tool_settings ?? {};
  const structured = isStructured(asked);
  const spent = countTokens(prompt) + countTokens(asked.preface ?? "") + countTokens(preamble ?? "") + countTokens(postamble ?? "");
  const fits = asked.contextTokens - ANSWER_OVERHEAD_TOKENS - spent;
  const budgetTokens = Math.max(LEAST_PASSAGE_TOKENS, Math.min(fits, structured ? MOST_LIST_TOKENS : MOST_PASSAGE_TOKENS));
  const shown = shownPassages(asked, budgetTokens);
  const question = { prompt, type, preface: asked.preface, ...(structured ? { valueSchema: answerSchemaOf(asked.part.node) } : {}) };
  const answer = await askModel({ output: question, passages: shown, preamble, postamble, language: document.language, model, context });
  if (!structured) return readAnswer(asked, answer);
  return answer.found ? structuredAnswer(asked, answer.value, answer.reasoning) : absent(answer.reasoning || "the model found no answer in the passages");
}

/** The passages for a question, and for a question for rows the tables that stand in the found chunks. */
function shownPassages({ document, prompt, type, hits }: Asked, budgetTokens: number): { page?: number; text: string }[] {
  const ranges = hits.map(({ range }) => range);
  const tables = TABULAR.has(type) ? shownTables(document, ranges, budgetTokens * TABLES_SHARE) : [];
  const spent = tables.reduce((sum, { text }) => sum + countTokens(text) + MARK_TOKENS, 0);
  const passages = selectPassages({ document, hits, query: prompt, budgetTokens: budgetTokens - spent });
  return [...passages, ...tables].map(({ page, text }) => (document.kind === "pages" ? { page, text } : { text }));
}

/** A long description explains to people; the extractor would take each of its words for something that is asked. */
export function shortQuestion({ label, node }: Part, prompt: string): string {
  return label === "" || node.description.length <= LONGEST_DESCRIPTION ? prompt : label;
}

function readAnswer(asked: Asked, answer: RawAnswer): Answered {
  if (!answer.found) return absent(answer.reasoning || "the model found no answer in the passages");
  const typed = typeOf(asked, answer.value, answer.quote);
  const citation = locate(asked.document, answer.quote, scalar(answer.value));
  if (!typed.valid) return { ...proven(typed, citation ? [citation] : []), status: "uncertain", reasoning: `${typed.reason}. ${answer.reasoning}`.trim() };
  if (typed.value === null) return absent(answer.reasoning || typed.reason);
  // A model may quote loosely and still name the value as it stands; the value's own place is then the proof.
  const proof = citation ?? locateValue(asked.document, answer.value);
  return { ...proven(typed, proof ? [proof] : []), reasoning: answer.reasoning };
}

function locateValue(document: DocumentText, value: Json): Citation | undefined {
  const printed = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  return printed.length < 2 ? undefined : locate(document, printed);
}

function scalar(value: Json): { value?: string } {
  return typeof value === "string" || typeof value === "number" ? { value: String(value) } : {};
}

function typeOf({ output, type, document }: Asked, raw: Json, quote: string): TypedValue {
  return parseValue({ raw, type, enforce: output.enforce_type !== false, facts: writingOf(document), quote });
}

function proven(typed: TypedValue, citations: Citation[]): Omit<Answered, "reasoning"> {
  const { value, alternatives } = typed;
  return { value, alternatives: [...alternatives], citations, status: citations.length === 0 ? "uncertain" : "extracted" };
}

/** Nothing was found, and why. */
export function absent(reasoning: string): Answered {
  return { value: null, status: "absent", citations: [], alternatives: [], reasoning };
}

function explained(reading: Reading, typed: TypedValue): string {
  return typed.alternatives.length > 0 ? `${reading.reason}; ${typed.reason}` : reading.reason;
}

function textOf(document: DocumentText, [start, end]: readonly [number, number]): string {
  return document.layout.text.slice(start, end);
}

function pagesOf(hits: readonly Hit[]): string {
  const pages = hits.flatMap(({ pages: [first, last] }) => [first, last]);
  if (pages.length === 0) return "none";
  const [first, last] = [Math.min(...pages), Math.max(...pages)];
  return first === last ? `page ${first}` : `pages ${first} to ${last}`;
}

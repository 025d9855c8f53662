/** The ports to outside services, one per kind. An adapter is a plain object made by one function; what it imports is loaded when it is first used. */
import type { Paid } from "../pipeline/paid.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";

/** What an adapter gets besides its input. */
export interface AdapterContext {
  paid: Paid;
  signal: AbortSignal;
}

/** Asks a service something that costs nothing, so that a wrong address, key or setting shows before a document is worked on. Throws as the adapter itself would. Adapters that need no service have none. */
export type Check = (signal: AbortSignal) => Promise<void>;

/** A request to a chat model. `schema` (JSON Schema) is what the answer must satisfy. */
export interface ChatRequest {
  system: string;
  user: string;
  schema: { name: string; schema: { readonly [key: string]: Json } };
}

/** A chat model. `chat` resolves to the answer's text; a service's refusals and failures throw RetryableError or PermanentError. `purpose` becomes part of the ledger's key. */
export interface ChatModel {
  kind: "chat";
  instance: string;
  model: string;
  contextTokens: number;
  chat(purpose: string, request: ChatRequest, context: AdapterContext): Promise<string>;
  check?: Check;
}

/**
 * A question to the model-free extractor. `focus` are [start, end) ranges of the reading view that retrieval found, best first.
 * `given` are texts in the prompt that came from earlier answers, so that the document is known to hold them: they narrow the question down but are not what it asks for.
 */
export interface Question {
  prompt: string;
  given?: readonly string[];
  type: OutputType;
  document: DocumentText;
  focus: readonly (readonly [number, number])[];
}

/** What the model-free extractor read: `raw` as printed, and where, as a [start, end) range of the layout view. `confidence` is 0 to 1. */
export interface Reading {
  raw: Json;
  range: readonly [number, number];
  confidence: number;
  reason: string;
}

/** The model-free extractor: reads labels, geometry and patterns, best reading first; none where the document gives no evidence. Pure and deterministic. */
export interface Extractor {
  kind: "extractor";
  instance: string;
  contextTokens: number;
  extract(question: Question): readonly Reading[];
}

/** What answers: a chat model, or the extractor that needs none. */
export type LlmAdapter = ChatModel | Extractor;

/** Turns texts into vectors of one length. A service's refusals and failures throw RetryableError or PermanentError, and so do vectors of another length. */
export interface EmbeddingAdapter {
  instance: string;
  /** Names model and settings; part of an index's id. */
  model: string;
  dimensions: number;
  /** How far its neighbours can be trusted against BM25's, 0 to 1. */
  quality: number;
  /** How many texts one request takes; undefined where nothing is asked of a service. */
  batch?: number;
  embed(texts: readonly string[], context: AdapterContext): Promise<readonly Float32Array[]>;
  check?: Check;
}

/** The vector of a chunk, named by the chunk's number in its document. */
export interface VectorRecord {
  chunk: number;
  vector: Float32Array;
}

/** A chunk near a query's vector: cosine similarity, -1 to 1. */
export interface VectorMatch {
  chunk: number;
  score: number;
}

/** Where a tenant's vectors of one embedding live, apart from all others: a namespace, a collection or a table. `dimensions` is the length of each. */
export interface VectorSpace {
  tenant: string;
  model: string;
  dimensions: number;
}

/**
 * A vector database, open at one space. All it knows of a document is its index's id (`indexId`, the paper's doc_id): every call is about one document, and no answer has another's chunks.
 * `keeps` is "index" where the vectors are part of the index in the object store (`upsert` then has nothing to do), "service" where only the service has them.
 * A service's refusals and failures throw RetryableError or PermanentError; vectors of another length than the space's are a PermanentError, before anything is written.
 */
export interface VectorDatabase {
  instance: string;
  keeps: "index" | "service";
  /** Stores vectors, replacing those of the same chunks; doing it again changes nothing. When it resolves, `query` finds them, or will soon (services may lag). */
  upsert(indexId: string, records: readonly VectorRecord[], context: AdapterContext): Promise<void>;
  /** The nearest chunks of that document, best first, equal scores by number; at most `topK`. Empty where nothing is stored; a space that is gone may be an error. */
  query(indexId: string, vector: Float32Array, topK: number, context: AdapterContext): Promise<readonly VectorMatch[]>;
  /** Whether the vectors of the document's first `chunks` chunks are all stored. */
  has(indexId: string, chunks: number, context: AdapterContext): Promise<boolean>;
  /** Forgets a document's vectors; no error when there are none. */
  delete(indexId: string, context: AdapterContext): Promise<void>;
  check?: Check;
}

/** A document to read. `pages` are wanted page numbers from 1 (none: all); `maximumPages` and `maximumTextBytes` are limits whose breach is a PermanentError "limit_exceeded" that names them. */
export interface ExtractionInput {
  bytes: Uint8Array;
  fileName: string;
  password?: string;
  language?: string;
  pages?: readonly (readonly [number, number])[];
  /** The pages are one of several parts: they may be without text, and the limits count for this part alone. */
  partial?: boolean;
  maximumPages: number;
  maximumTextBytes: number;
}

/**
 * What a text extractor gets besides the document. `state` is what an earlier attempt left by throwing Pending (lib/pipeline/define.ts), by which an extractor waits for its service.
 * `kept` are bytes of this run by a name: written once, and found again by an attempt that knows no more than the name.
 */
export interface ExtractionContext extends AdapterContext {
  state: unknown;
  kept: {
    get(name: string): Promise<Uint8Array | undefined>;
    /** Stores a whole stream or nothing of it; bytes that are there already stay. */
    put(name: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  };
}

/** Reads a document's text. Unreadable documents throw PermanentError with a document_ code. */
export interface TextExtractor {
  instance: string;
  /** Names parser and version; part of an index's id. */
  parser: string;
  extract(input: ExtractionInput, context: ExtractionContext): Promise<DocumentText>;
  /** Parts to read a large document in, each a list of page ranges; undefined where it is read at once. Refuses what `extract` would refuse as a whole. */
  plan?(input: ExtractionInput, signal: AbortSignal): Promise<[number, number][][] | undefined>;
  check?: Check;
}

/** A model's answer before typing: the value as printed and the verbatim quote, or found: false. */
export interface RawAnswer {
  found: boolean;
  value: Json;
  quote: string;
  reasoning: string;
}

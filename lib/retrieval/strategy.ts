/** What every retrieval strategy is: from a question about one document to ranked places in it, each with the reason. */
import type { VectorMatch } from "../adapters/contract.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { DocumentIndex } from "./index.ts";

/**
 * A place that was found: the [start, end) range of the reading view, the first and last page that it touches, and the numbers of the chunks in it, the best first.
 * `score` is 0 to 1 and comparable within one search only; `reason` is for people and holds words of the document.
 */
export interface Hit {
  chunks: readonly number[];
  range: readonly [number, number];
  pages: readonly [number, number];
  score: number;
  reason: string;
}

/** What was found, best first, and what was done to find it, in one sentence for people. */
export interface Found {
  hits: readonly Hit[];
  how: string;
}

/**
 * A question to a chat model whose answer helps to search. Resolves to the object that it answered, or undefined when that can't be used: rules then take over.
 * `purpose` becomes part of the ledger's key; failures of the service are thrown.
 */
export type AskModel = (purpose: string, question: { instruction: string; schema: { readonly [key: string]: Json } }) => Promise<unknown>;

/** One document to search: all that a strategy may look at, so that none can find another document's chunks. */
export interface Search {
  index: DocumentIndex;
  document: DocumentText;
  /** How many hits are wanted at most, from 1. */
  topK: number;
  /** EmbeddingAdapter.quality: how far vectors are trusted against words, 0 to 1. */
  quality: number;
  /** The nearest chunks by vectors for each of the texts, best first; empty lists where there are no vectors. */
  nearest(texts: readonly string[]): Promise<readonly (readonly VectorMatch[])[]>;
  /** Missing where no chat model is configured. */
  ask?: AskModel;
}

/** A strategy. Deterministic: the same document, question, vectors and model answers give the same hits. */
export type Strategy = (search: Search, question: string) => Promise<Found>;

/** How many chunks are read where the output doesn't say. */
export const DEFAULT_TOP_K = 3;

/** How many of a list's nearest chunks are worth asking for: enough that what is missing counts as little as the last. */
export function vectorDepth(topK: number): number {
  return Math.max(topK * 4, 100);
}

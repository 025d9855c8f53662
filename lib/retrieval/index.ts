/** The index of one document with one chunking and one embedding: chunks, BM25 postings and vectors as one run of bytes, built once and read by every output. */
import { type Chunk, chunkText } from "../document/chunk.ts";
import type { DocumentText } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import { canonicalJson, sha256 } from "../schema/json.ts";
import { buildPostings, type Postings } from "./bm25.ts";
import { buildTermOrder, type TermOrder } from "./proximity.ts";
import { type Analyser, createAnalyser, stemmerName } from "./words.ts";

/** What an index depends on, and nothing else. */
export interface IndexIdentity {
  tenant: string;
  documentSha256: string;
  /** TextExtractor.parser, and which pages and language were asked of it if any were. */
  parser: string;
  chunking: { size: number; overlap: number };
  /** EmbeddingAdapter.model. */
  embeddingModel: string;
}

/** An index as search uses it. Its vectors, `dimensions` numbers a chunk (0 where a service has them), are the bytes `vectorsAt` ([start, end)), which are read when they are needed. */
export interface DocumentIndex {
  language: string;
  embeddingModel: string;
  dimensions: number;
  chunks: readonly Chunk[];
  postings: Postings & { order: TermOrder };
  vectorsAt: readonly [number, number];
}

/** Raised when the bytes or the terms in them would come out differently. */
const FORMAT = 3;
const MAGIC = 0x31495350;
const HEADER_BYTES = 8;

interface Header {
  format: number;
  language: string;
  stemmer: string;
  embeddingModel: string;
  dimensions: number;
  chunks: [start: number, end: number, firstPage: number, lastPage: number, tokens: number][];
  terms: string[];
  pairs: number;
  occurrences: number;
}

/** The id of an index, the paper's doc_id: equal for equal identities, without secrets. 64 hexadecimal digits. */
export function indexId(identity: IndexIdentity): string {
  return sha256(canonicalJson({ format: FORMAT, ...identity }));
}

/**
 * The bytes of an index. `vectors` are the chunks' in their order, each of the embedding's dimensions; none where a vector database has them.
 * The same input gives the same bytes, on any machine with little-endian numbers (all that Node is released for but IBM Z).
 */
export function buildIndex(input: { document: DocumentText; chunks: readonly Chunk[]; embeddingModel: string; vectors?: readonly Float32Array[] }): Uint8Array {
  const { document, chunks } = input;
  const vectors = input.vectors ?? [];
  const dimensions = vectors[0]?.length ?? 0;
  if (vectors.length > 0 && (vectors.length !== chunks.length || vectors.some((vector) => vector.length !== dimensions))) {
    throw new PermanentError("internal", `an index of ${chunks.length} chunks needs as many vectors of one length, not ${vectors.length}`);
  }
  const analyse = createAnalyser(document.language);
  const texts = chunks.map((chunk) => chunkText(document, chunk));
  const inOrder = texts.map(analyse);
  const postings = buildPostings(inOrder.map((terms, chunk) => withFirstLine(texts[chunk] ?? "", terms, analyse)));
  const order = buildTermOrder(inOrder, new Map(postings.terms.map((term, place) => [term, place])));
  const header: Header = {
    format: FORMAT,
    language: document.language,
    stemmer: stemmerName(document.language),
    embeddingModel: input.embeddingModel,
    dimensions,
    chunks: chunks.map((chunk) => [chunk.start, chunk.end, ...chunk.pages, chunk.tokens]),
    terms: [...postings.terms],
    pairs: postings.postings.length / 2,
    occurrences: order.terms.length,
  };
  return join(header, [postings.starts, postings.postings, postings.lengths, order.starts, order.terms, ...vectors]);
}

/** A chunk's terms. Those of its first line count twice where more follow: chunks begin with their heading where there is one, and first lines say what the rest is about. */
function withFirstLine(text: string, terms: readonly string[], analyse: Analyser): readonly string[] {
  const lineBreak = text.indexOf("\n");
  return lineBreak < 0 ? terms : [...analyse(text.slice(0, lineBreak)), ...terms];
}

function join(header: Header, arrays: readonly (Uint32Array | Float32Array)[]): Uint8Array {
  const json = Buffer.from(canonicalJson(header), "utf8");
  const padded = (json.length + 3) & ~3;
  const size = arrays.reduce((sum, array) => sum + array.byteLength, HEADER_BYTES + padded);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, padded, true);
  bytes.set(json, HEADER_BYTES);
  bytes.fill(0x20, HEADER_BYTES + json.length, HEADER_BYTES + padded);
  let offset = HEADER_BYTES + padded;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += array.byteLength;
  }
  return bytes;
}

/** How many bytes of an index its header ends after, by its first bytes; 8 of them tell. Throws PermanentError "internal" for bytes that are no index. */
export function headerEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw broken("it does not begin like one");
  return HEADER_BYTES + view.getUint32(4, true);
}

function readHeader(bytes: Uint8Array): { header: Header; counts: number[]; vectorsAt: [number, number] } {
  const end = headerEnd(bytes);
  if (end > bytes.byteLength) throw broken("it is cut off");
  const header = JSON.parse(Buffer.from(bytes.subarray(HEADER_BYTES, end)).toString("utf8")) as Header;
  if (header.format !== FORMAT) throw broken(`its format is ${String(header.format)}, and this version reads ${FORMAT}`);
  const counts = [header.terms.length + 1, header.pairs * 2, header.chunks.length, header.chunks.length + 1, header.occurrences];
  const start = end + 4 * counts.reduce((sum, count) => sum + count, 0);
  return { header, counts, vectorsAt: [start, start + 4 * header.chunks.length * header.dimensions] };
}

/** Where an index's vectors begin, which is all that openIndex needs, by its bytes up to headerEnd. Throws as openIndex does. */
export function indexEnd(bytes: Uint8Array): number {
  return readHeader(bytes).vectorsAt[0];
}

/** Reads what buildIndex wrote, all of it or only up to the vectors. Throws PermanentError "internal" for bytes that are no index, are cut off, or are of another format. */
export function openIndex(bytes: Uint8Array): DocumentIndex {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const { header, counts, vectorsAt } = readHeader(aligned);
  if (aligned.byteLength < vectorsAt[0]) throw broken("it is cut off");
  let offset = aligned.byteOffset + headerEnd(aligned);
  const [starts, postings, lengths, orderStarts, orderTerms] = counts.map((count) => {
    const array = new Uint32Array(aligned.buffer, offset, count);
    offset += 4 * count;
    return array;
  });
  const none = new Uint32Array();
  return {
    language: header.language,
    embeddingModel: header.embeddingModel,
    dimensions: header.dimensions,
    chunks: header.chunks.map(([start, end, firstPage, lastPage, tokens], index) => ({ index, start, end, pages: [firstPage, lastPage], tokens })),
    postings: {
      terms: header.terms,
      starts: starts ?? none,
      postings: postings ?? none,
      lengths: lengths ?? none,
      order: { starts: orderStarts ?? none, terms: orderTerms ?? none },
    },
    vectorsAt,
  };
}

/** The vectors of an index by the bytes at its `vectorsAt`. Throws PermanentError "internal" where they are cut off. */
export function openVectors(index: Pick<DocumentIndex, "vectorsAt">, bytes: Uint8Array): Float32Array {
  const [start, end] = index.vectorsAt;
  if (bytes.byteLength !== end - start) throw broken("it is cut off");
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function broken(why: string): PermanentError {
  return new PermanentError("internal", `an object of the store is not a usable index: ${why}; delete it, and the next run builds it again`);
}

/** What vector databases that are services have in common: names, identifiers, checks and the order of answers. */
import { PermanentError } from "../../schema/errors.ts";
import { canonicalJson, sha256 } from "../../schema/json.ts";
import type { VectorMatch, VectorRecord, VectorSpace } from "../contract.ts";

/** Opens a vector database at a space; the connection is shared by all spaces. */
export type OpenSpace<Database> = (space: VectorSpace) => Database;

/** A space as part of a name: 32 hexadecimal digits that say nothing of the tenant. */
export function spaceHash({ tenant, model, dimensions }: VectorSpace): string {
  return sha256(canonicalJson({ tenant, model, dimensions })).slice(0, 32);
}

/** The id of a chunk's vector, the same each time. */
export function vectorId(indexId: string, chunk: number): string {
  return `${indexId}/${chunk}`;
}

/** The same as a UUID, for databases that take no other text: version 8, whose bits are free (RFC 9562). */
export function vectorUuid(indexId: string, chunk: number): string {
  const hash = sha256(vectorId(indexId, chunk));
  const variant = ((Number.parseInt(hash[16] ?? "0", 16) & 3) | 8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** A vector as JSON has it: 32-bit numbers need no more than nine digits. */
export function numbersOf(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(9)));
}

/** Records in groups that one request takes. */
export function groupsOf(records: readonly VectorRecord[], size: number): VectorRecord[][] {
  return Array.from({ length: Math.ceil(records.length / size) }, (_, group) => records.slice(group * size, (group + 1) * size));
}

/** Throws where a vector isn't of the space's length. */
export function checkLengths(source: string, { dimensions, model }: VectorSpace, vectors: readonly Float32Array[]): void {
  const wrong = vectors.find((vector) => vector.length !== dimensions);
  if (wrong === undefined) return;
  throw new PermanentError(
    "adapter_failed",
    `${source} was given vectors of ${wrong.length} numbers, and those of ${model} have ${dimensions}. Set "dimensions" of the embedding.`,
  );
}

/** Whether a vector points anywhere; one that doesn't is near to nothing. */
export function hasDirection(vector: Float32Array): boolean {
  return vector.some((value) => value !== 0);
}

/** Matches best first, equal scores by number. */
export function ranked(matches: readonly VectorMatch[], topK: number): VectorMatch[] {
  return [...matches].sort((left, right) => right.score - left.score || left.chunk - right.chunk).slice(0, topK);
}

/** The error for a collection, namespace or table that was there and is gone. */
export function spaceGone(source: string, host: string, what: string): PermanentError {
  return new PermanentError(
    "adapter_failed",
    `The ${what} of ${source} at ${host} is gone: it was deleted while it was in use. Rerun from chunk-embed, which embeds the document anew.`,
  );
}

/** The error for an index, a collection or a table that holds vectors of another length. */
export function otherDimensions(source: string, host: string, holds: number, { dimensions, model }: VectorSpace): PermanentError {
  return new PermanentError(
    "adapter_failed",
    `${source} at ${host} holds vectors of ${holds} numbers, and those of the embedding ${model} have ${dimensions}. Use an index of ${dimensions} dimensions, or another embedding.`,
  );
}

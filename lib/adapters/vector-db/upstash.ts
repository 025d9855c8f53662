/** Upstash Vector: a namespace for each tenant and embedding, vectors filtered by their document. */
import type { Index, UpstashRequest } from "@upstash/vector";
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import type { VectorDatabase, VectorSpace } from "../contract.ts";
import { askedOf, askJson, type Service } from "../http.ts";
import { checkLengths, groupsOf, hasDirection, numbersOf, type OpenSpace, otherDimensions, ranked, spaceHash, vectorId } from "./space.ts";

const SOURCE = "upstash";
/** As many as one request may hold. */
const REQUEST_RECORDS = 1_000;
/** A megabyte of numbers in a request is enough. */
const REQUEST_NUMBERS = 100_000;

/** Which index of Upstash Vector. */
export interface UpstashOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  /** The index's REST address. */
  url: string;
  apiKey: string;
  /** What to check when the token is refused. */
  keyHint: string;
}

/** What is stored beside a vector. The package asks for a type with an index signature. */
type Metadata = { doc_id: string; chunk: number };

const resultSchema = z.object({ result: z.unknown() }).refine(({ result }) => result !== undefined);

/** A vector database in Upstash. Its package speaks over lib/adapters/http.ts, so that the same bounds and errors hold as everywhere. The index must have been made for cosine similarity and the embedding's length. */
export function createUpstash({ instance, url, apiKey, keyHint }: UpstashOptions): OpenSpace<VectorDatabase> {
  const service: Service = { source: SOURCE, baseUrl: url, headers: { authorization: `Bearer ${apiKey}` }, secret: apiKey, keyHint };
  const { host } = askedOf(service);

  async function connect(signal: AbortSignal): Promise<Index> {
    const { Index: Client } = await import("@upstash/vector");
    return new Client({
      async request<Result>({ path = [], body }: UpstashRequest) {
        const answer = await askJson(service, { method: "POST", path: `/${path.join("/")}`, json: body ?? {}, signal }, resultSchema);
        // The package says for each of its requests what comes back; what is used of it is checked below.
        return { result: answer.result as Result };
      },
    });
  }

  /** Throws where the index can't hold the vectors of this space, or compares them in another way. */
  async function checkIndex(client: Index, space: VectorSpace): Promise<void> {
    const { dimension, similarityFunction } = await client.info();
    if (dimension !== space.dimensions) throw otherDimensions(SOURCE, host, dimension, space);
    if (similarityFunction === "COSINE") return;
    throw new PermanentError("adapter_failed", `The index of ${SOURCE} at ${host} compares by ${similarityFunction}; make one that compares by COSINE.`);
  }

  return (space) => {
    const name = `prompt-studio-${spaceHash(space)}`;
    const open = async (signal: AbortSignal) => (await connect(signal)).namespace(name);
    const size = Math.max(1, Math.min(REQUEST_RECORDS, Math.floor(REQUEST_NUMBERS / space.dimensions)));
    return {
      instance,
      keeps: "service",
      async upsert(indexId, records, { signal }) {
        checkLengths(
          SOURCE,
          space,
          records.map(({ vector }) => vector),
        );
        await checkIndex(await connect(signal), space);
        const namespace = await open(signal);
        for (const group of groupsOf(records, size)) {
          await namespace.upsert<Metadata>(
            group.map(({ chunk, vector }) => ({ id: vectorId(indexId, chunk), vector: numbersOf(vector), metadata: { doc_id: indexId, chunk } })),
          );
        }
      },
      async query(indexId, vector, topK, { signal }) {
        checkLengths(SOURCE, space, [vector]);
        if (!hasDirection(vector)) return [];
        const namespace = await open(signal);
        const filter = `doc_id = '${indexId}'`;
        const found = await namespace.query<Metadata>({ vector: numbersOf(vector), topK: Math.min(topK, REQUEST_RECORDS), filter, includeMetadata: true });
        // Upstash maps a cosine from -1..1 to 0..1.
        const own = found.flatMap(({ score, metadata }) => (metadata?.doc_id === indexId ? [{ chunk: metadata.chunk, score: 2 * score - 1 }] : []));
        return ranked(own, topK);
      },
      async has(indexId, chunks, { signal }) {
        const namespace = await open(signal);
        for (let start = 0; start < chunks; start += REQUEST_RECORDS) {
          const ids = Array.from({ length: Math.min(REQUEST_RECORDS, chunks - start) }, (_, position) => vectorId(indexId, start + position));
          if ((await namespace.fetch(ids)).some((found) => found === null)) return false;
        }
        return true;
      },
      async delete(indexId, { signal }) {
        await (await open(signal)).delete({ prefix: vectorId(indexId, 0).slice(0, -1) });
      },
      async check(signal) {
        await checkIndex(await connect(signal), space);
      },
    };
  };
}

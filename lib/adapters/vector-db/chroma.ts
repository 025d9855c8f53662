/** Chroma over its REST interface (v2): a collection for each tenant and embedding, records filtered by their document. */
import { z } from "zod";
import type { VectorDatabase } from "../contract.ts";
import { askedOf, askJson, askJsonOrNone, type Service } from "../http.ts";
import { checkLengths, groupsOf, hasDirection, numbersOf, type OpenSpace, otherDimensions, ranked, spaceGone, spaceHash, vectorId } from "./space.ts";

const SOURCE = "chroma";
const UPSERT_RECORDS = 256;
const CHECK_TIMEOUT_MS = 5_000;

/** Which Chroma, and where in it. */
export interface ChromaOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  /** Its address, such as http://localhost:8000. */
  url: string;
  /** "" where it needs none. */
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
  /** Chroma's own tenant and database; its defaults when not given. */
  tenant?: string;
  database?: string;
}

const collectionSchema = z.object({ id: z.string(), dimension: z.int().nullish() });
const foundSchema = z.object({
  distances: z.array(z.array(z.number().nullable())),
  metadatas: z.array(z.array(z.object({ doc_id: z.string(), chunk: z.int().min(0) }))),
});
const idsSchema = z.object({ ids: z.array(z.string()) });
const anySchema = z.unknown();

/** A vector database in Chroma (1.0 or newer). */
export function createChroma(options: ChromaOptions): OpenSpace<VectorDatabase> {
  const { instance, url, apiKey, keyHint, tenant = "default_tenant", database = "default_database" } = options;
  const headers: Record<string, string> = apiKey === "" ? {} : { "x-chroma-token": apiKey };
  const service: Service = { source: SOURCE, baseUrl: url, headers, secret: apiKey, keyHint };
  const { host } = askedOf(service);
  const place = `/api/v2/tenants/${encodeURIComponent(tenant)}/databases/${encodeURIComponent(database)}`;

  return (space) => {
    const name = `prompt-studio-${spaceHash(space)}`;
    const gone = () => spaceGone(SOURCE, host, `collection ${name}`);

    /** The collection, which is looked up each time because it may have been deleted and made anew; undefined when it isn't there. */
    async function open(signal: AbortSignal): Promise<string | undefined> {
      const found = await askJsonOrNone(service, { method: "GET", path: `${place}/collections/${name}`, signal }, collectionSchema);
      const dimension = found?.dimension ?? space.dimensions;
      if (dimension !== space.dimensions) throw otherDimensions(SOURCE, host, dimension, space);
      return found?.id;
    }

    async function openOrMake(signal: AbortSignal): Promise<string> {
      const json = { name, get_or_create: true, configuration: { hnsw: { space: "cosine" } } };
      return (await open(signal)) ?? (await askJson(service, { method: "POST", path: `${place}/collections`, json, signal }, collectionSchema)).id;
    }

    const call = <Schema extends z.ZodType>(id: string, verb: string, json: object, signal: AbortSignal, schema: Schema) =>
      askJsonOrNone(service, { method: "POST", path: `${place}/collections/${encodeURIComponent(id)}/${verb}`, json, signal }, schema);

    return {
      instance,
      keeps: "service",
      async upsert(indexId, records, { signal }) {
        checkLengths(
          SOURCE,
          space,
          records.map(({ vector }) => vector),
        );
        const id = await openOrMake(signal);
        for (const group of groupsOf(records, UPSERT_RECORDS)) {
          const json = {
            ids: group.map(({ chunk }) => vectorId(indexId, chunk)),
            embeddings: group.map(({ vector }) => numbersOf(vector)),
            metadatas: group.map(({ chunk }) => ({ doc_id: indexId, chunk })),
          };
          if ((await call(id, "upsert", json, signal, anySchema)) === undefined) throw gone();
        }
      },
      async query(indexId, vector, topK, { signal }) {
        checkLengths(SOURCE, space, [vector]);
        if (!hasDirection(vector)) return [];
        const id = await open(signal);
        const json = { query_embeddings: [numbersOf(vector)], n_results: topK, where: { doc_id: indexId }, include: ["distances", "metadatas"] };
        const found = id === undefined ? undefined : await call(id, "query", json, signal, foundSchema);
        if (found === undefined) throw gone();
        const [distances = []] = found.distances;
        const [metadatas = []] = found.metadatas;
        const own = metadatas.flatMap(({ doc_id, chunk }, position) => (doc_id === indexId ? [{ chunk, score: 1 - (distances[position] ?? 1) }] : []));
        return ranked(own, topK);
      },
      async has(indexId, chunks, { signal }) {
        const id = await open(signal);
        const found = id === undefined ? undefined : await call(id, "get", { where: { doc_id: indexId }, include: [], limit: chunks }, signal, idsSchema);
        return (found?.ids.length ?? 0) >= chunks;
      },
      async delete(indexId, { signal }) {
        const id = await open(signal);
        if (id !== undefined) await call(id, "delete", { where: { doc_id: indexId } }, signal, anySchema);
      },
      async check(signal) {
        await askJson(service, { method: "GET", path: place, signal, timeoutMs: CHECK_TIMEOUT_MS }, z.object({ name: z.string() }));
      },
    };
  };
}

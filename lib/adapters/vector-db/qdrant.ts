/** Qdrant over REST: a collection for each tenant and embedding, points filtered by their document. */
import { z } from "zod";
import type { VectorDatabase } from "../contract.ts";
import { ask, askedOf, askJson, askJsonOrNone, type Service } from "../http.ts";
import { checkLengths, groupsOf, hasDirection, numbersOf, type OpenSpace, otherDimensions, ranked, spaceGone, spaceHash, vectorUuid } from "./space.ts";

const SOURCE = "qdrant";
const UPSERT_RECORDS = 256;
const CHECK_TIMEOUT_MS = 5_000;

/** Which Qdrant. */
export interface QdrantOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  /** Its address, such as http://localhost:6333. */
  url: string;
  /** "" where it needs none. */
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

const doneSchema = z.looseObject({ result: z.unknown(), status: z.literal("ok") });
const collectionSchema = z.object({
  result: z.object({ config: z.object({ params: z.object({ vectors: z.object({ size: z.int(), distance: z.string() }) }) }) }),
});
const countSchema = z.object({ result: z.object({ count: z.int() }) });
const pointsSchema = z.object({
  result: z.object({ points: z.array(z.object({ score: z.number(), payload: z.object({ doc_id: z.string(), chunk: z.int().min(0) }) })) }),
});

/** A vector database in Qdrant (1.10 or newer). Its own client needs a newer Node.js than this program, so it is asked over REST. */
export function createQdrant({ instance, url, apiKey, keyHint }: QdrantOptions): OpenSpace<VectorDatabase> {
  const service: Service = { source: SOURCE, baseUrl: url, headers: apiKey === "" ? {} : { "api-key": apiKey }, secret: apiKey, keyHint };
  const { host } = askedOf(service);

  return (space) => {
    const collection = `prompt-studio-${spaceHash(space)}`;
    const path = `/collections/${collection}`;
    const onlyDocument = (indexId: string) => ({ must: [{ key: "doc_id", match: { value: indexId } }] });
    const gone = () => spaceGone(SOURCE, host, `collection ${collection}`);
    const vectors = { size: space.dimensions, distance: "Cosine" };

    /** Makes the collection unless it is there, and sees that it is one of ours. */
    async function ensure(signal: AbortSignal): Promise<void> {
      const found = await askJsonOrNone(service, { method: "GET", path, signal }, collectionSchema);
      if (found !== undefined) {
        const { size } = found.result.config.params.vectors;
        if (size !== space.dimensions) throw otherDimensions(SOURCE, host, size, space);
        return;
      }
      // Another process may be faster: 409.
      await ask(service, { method: "PUT", path, json: { vectors }, signal, accept: [409] }, async () => undefined);
      await askJson(
        service,
        { method: "PUT", path: `${path}/index`, query: { wait: true }, json: { field_name: "doc_id", field_schema: "keyword" }, signal },
        doneSchema,
      );
    }

    return {
      instance,
      keeps: "service",
      async upsert(indexId, records, { signal }) {
        checkLengths(
          SOURCE,
          space,
          records.map(({ vector }) => vector),
        );
        await ensure(signal);
        for (const group of groupsOf(records, UPSERT_RECORDS)) {
          const points = group.map(({ chunk, vector }) => ({ id: vectorUuid(indexId, chunk), vector: numbersOf(vector), payload: { doc_id: indexId, chunk } }));
          if (!(await askJsonOrNone(service, { method: "PUT", path: `${path}/points`, query: { wait: true }, json: { points }, signal }, doneSchema)))
            throw gone();
        }
      },
      async query(indexId, vector, topK, { signal }) {
        checkLengths(SOURCE, space, [vector]);
        if (!hasDirection(vector)) return [];
        const json = { query: numbersOf(vector), filter: onlyDocument(indexId), limit: topK, with_payload: true };
        const found = await askJsonOrNone(service, { method: "POST", path: `${path}/points/query`, json, signal }, pointsSchema);
        if (found === undefined) throw gone();
        const own = found.result.points.filter(({ payload }) => payload.doc_id === indexId);
        return ranked(
          own.map(({ score, payload }) => ({ chunk: payload.chunk, score })),
          topK,
        );
      },
      async has(indexId, chunks, { signal }) {
        const json = { filter: onlyDocument(indexId), exact: true };
        const found = await askJsonOrNone(service, { method: "POST", path: `${path}/points/count`, json, signal }, countSchema);
        return (found?.result.count ?? 0) >= chunks;
      },
      async delete(indexId, { signal }) {
        await askJsonOrNone(
          service,
          { method: "POST", path: `${path}/points/delete`, query: { wait: true }, json: { filter: onlyDocument(indexId) }, signal },
          doneSchema,
        );
      },
      async check(signal) {
        await askJson(service, { method: "GET", path: "/collections", signal, timeoutMs: CHECK_TIMEOUT_MS }, doneSchema);
      },
    };
  };
}

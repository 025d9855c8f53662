/** A double of Upstash Vector's REST interface: the requests that the adapter makes, with the documented answers and errors. */
import { type Reply, type Seen, startService, type TestService } from "../../support/service.ts";
import { cosine } from "./cosine.ts";

interface Stored {
  id: string;
  vector: number[];
  metadata: Record<string, unknown>;
}

export interface UpstashDouble extends TestService {
  namespaces: Map<string, Map<string, Stored>>;
}

const fail = (status: number, error: string): Reply => ({ status, json: { error, status } });
const MOST = 1_000;

interface Body {
  vector?: number[];
  topK?: number;
  filter?: string;
  ids?: string[];
  prefix?: string;
}

/** The filter language, as far as equality of texts. */
function passes({ metadata }: Stored, filter = ""): boolean {
  if (filter === "") return true;
  const match = /^(\w+) = '([^']*)'$/.exec(filter);
  return match !== null && metadata[match[1] ?? ""] === match[2];
}

export async function startUpstashDouble(options: { token?: string; dimension?: number; similarity?: string } = {}): Promise<UpstashDouble> {
  const { token = "", dimension = 4, similarity = "COSINE" } = options;
  const namespaces = new Map<string, Map<string, Stored>>();
  const result = (value: unknown): Reply => ({ json: { result: value } });
  const upsert = (stored: Map<string, Stored>, records: readonly Stored[]): Reply => {
    if (records.length > MOST) return fail(422, `Exceeded max allowed vectors: ${records.length}. Limit: ${MOST}`);
    const wrong = records.find(({ vector }) => vector.length !== dimension);
    if (wrong) return fail(422, `Invalid vector dimension: ${wrong.vector.length}, expected: ${dimension}`);
    for (const record of records) stored.set(record.id, record);
    return result("Success");
  };
  const query = (stored: Map<string, Stored>, { vector = [], topK = 10, filter }: Body): Reply => {
    if (vector.length !== dimension) return fail(422, `Invalid vector dimension: ${vector.length}, expected: ${dimension}`);
    const found = [...stored.values()].filter((each) => passes(each, filter));
    const scored = found.map(({ id, vector: own, metadata }) => ({ id, score: (1 + cosine(own, vector)) / 2, metadata }));
    return result(scored.sort((left, right) => right.score - left.score).slice(0, topK));
  };
  const respond = (request: Seen): Reply => {
    if (request.headers.authorization !== `Bearer ${token}`) return fail(401, "Unauthorized: Invalid auth token");
    const [, verb = "", namespace = ""] = request.path.split("/");
    const body = request.json();
    if (verb === "info") return result({ vectorCount: 0, pendingVectorCount: 0, indexSize: 0, dimension, similarityFunction: similarity, namespaces: {} });
    const stored = namespaces.get(namespace) ?? new Map<string, Stored>();
    if (verb === "upsert") {
      namespaces.set(namespace, stored);
      return upsert(stored, (Array.isArray(body) ? body : [body]) as Stored[]);
    }
    if (verb === "query") return query(stored, body as Body);
    if (verb === "fetch") return result(((body as Body).ids ?? []).map((each) => (stored.has(each) ? { id: each } : null)));
    if (verb !== "delete") return fail(404, "Not found");
    const { prefix = "" } = body as Body;
    const chosen = [...stored.keys()].filter((each) => each.startsWith(prefix));
    for (const each of chosen) stored.delete(each);
    return result({ deleted: chosen.length });
  };
  return { ...(await startService(respond)), namespaces };
}

/** A double of Qdrant's REST interface: the requests that the adapter makes, with the documented answers and errors. */
import { type Reply, type Seen, startService, type TestService } from "../../support/service.ts";
import { cosine } from "./cosine.ts";

interface Point {
  id: string;
  vector: number[];
  payload: Record<string, unknown>;
}

interface Collection {
  size: number;
  distance: string;
  points: Map<string, Point>;
}

export interface QdrantDouble extends TestService {
  collections: Map<string, Collection>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const ok = (result: unknown): Reply => ({ json: { result, status: "ok", time: 0.001 } });
const fail = (status: number, error: string): Reply => ({ status, json: { status: { error }, time: 0.001 } });

interface Body {
  vectors?: { size: number; distance: string };
  points?: Point[];
  query?: number[];
  limit?: number;
  filter?: { must: { key: string; match: { value: unknown } }[] };
}

const matches = ({ payload }: Point, filter: Body["filter"]) => (filter?.must ?? []).every(({ key, match }) => payload[key] === match.value);

function upsert(collection: Collection, points: readonly Point[]): Reply {
  for (const { id, vector } of points) {
    if (!UUID.test(id)) return fail(400, `Format error in JSON body: value ${id} is not a valid point ID`);
    if (vector.length !== collection.size) return fail(400, `Wrong input: Vector dimension error: expected dim: ${collection.size}, got ${vector.length}`);
  }
  for (const point of points) collection.points.set(point.id, point);
  return ok({ operation_id: 0, status: "completed" });
}

function pointsReply(collection: Collection, verb: string, body: Body): Reply {
  const chosen = [...collection.points.values()].filter((point) => matches(point, body.filter));
  if (verb === "") return upsert(collection, body.points ?? []);
  if (verb === "count") return ok({ count: chosen.length });
  if (verb === "delete") {
    for (const { id } of chosen) collection.points.delete(id);
    return ok({ operation_id: 1, status: "completed" });
  }
  const scored = chosen.map(({ id, vector, payload }) => ({ id, version: 0, score: cosine(vector, body.query ?? []), payload }));
  return ok({ points: scored.sort((left, right) => right.score - left.score).slice(0, body.limit ?? 10) });
}

export async function startQdrantDouble(apiKey = ""): Promise<QdrantDouble> {
  const collections = new Map<string, Collection>();
  const respond = (request: Seen): Reply => {
    if (apiKey !== "" && request.headers["api-key"] !== apiKey) return { status: 401, text: "Must provide an API key or an Authorization bearer token" };
    const [, , name = "", part = "", verb = ""] = request.path.split("/");
    if (name === "") return ok({ collections: [...collections.keys()].map((each) => ({ name: each })) });
    const body = request.json() as Body;
    const collection = collections.get(name);
    if (part === "" && request.method === "PUT") {
      if (collection) return fail(409, `Wrong input: Collection \`${name}\` already exists!`);
      collections.set(name, { size: body.vectors?.size ?? 0, distance: body.vectors?.distance ?? "", points: new Map() });
      return ok(true);
    }
    if (!collection) return fail(404, `Not found: Collection \`${name}\` doesn't exist!`);
    if (part === "index") return ok({ operation_id: 2, status: "completed" });
    if (part === "points") return pointsReply(collection, verb, body);
    const { size, distance, points } = collection;
    return ok({ status: "green", points_count: points.size, config: { params: { vectors: { size, distance }, shard_number: 1 } } });
  };
  return { ...(await startService(respond)), collections };
}

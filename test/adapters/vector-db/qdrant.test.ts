import { expect, it } from "vitest";
import { createQdrant } from "../../../lib/adapters/vector-db/qdrant.ts";
import { spaceHash } from "../../../lib/adapters/vector-db/space.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { vectorDatabaseConformance } from "../../conformance/vector-database.ts";
import { adapterContext, newLedger } from "../../support/adapter-context.ts";
import { startQdrantDouble } from "./qdrant-double.ts";

const KEY = "qdrant-key-1";
const SPACE = { tenant: "t", model: "m", dimensions: 2 };
const create = (url: string, apiKey = KEY) => createQdrant({ instance: "mine", url, apiKey, keyHint: "QDRANT_API_KEY" });

vectorDatabaseConformance({
  name: "qdrant (double of its REST interface)",
  async setup() {
    const double = await startQdrantDouble(KEY);
    return {
      open: create(double.url),
      drop: async (space) => {
        double.collections.delete(`prompt-studio-${spaceHash(space)}`);
      },
      close: double.close,
    };
  },
});

badServiceConformance({
  name: "vector database qdrant",
  source: "qdrant",
  ask: (url, signal) => create(url)(SPACE).query("a".repeat(64), Float32Array.of(1, 0), 3, adapterContext(newLedger(), signal)),
});

it("filters by the document in every request, and names no tenant", async () => {
  const double = await startQdrantDouble();
  const database = create(double.url, "")({ ...SPACE, tenant: "acme" });
  const context = adapterContext();
  await database.upsert("d1", [{ chunk: 0, vector: Float32Array.of(1, 0) }], context);
  await database.query("d1", Float32Array.of(1, 0), 3, context);
  await database.has("d1", 1, context);
  await database.delete("d1", context);
  await double.close();
  const filter = { must: [{ key: "doc_id", match: { value: "d1" } }] };
  const asked = double.requests.filter(({ path }) => /points\/\w+$/.test(path));
  expect(asked.map((request) => request.json().filter)).toEqual([filter, filter, filter]);
  expect(JSON.stringify(double.requests.map(({ path, body }) => [path, body.toString()]))).not.toContain("acme");
});

it("a collection of another length says what to do", async () => {
  const double = await startQdrantDouble();
  double.collections.set(`prompt-studio-${spaceHash(SPACE)}`, { size: 3, distance: "Cosine", points: new Map() });
  const failure = create(double.url, "")(SPACE).upsert("d", [{ chunk: 0, vector: Float32Array.of(1, 0) }], adapterContext());
  await expect(failure).rejects.toMatchObject({
    name: "PermanentError",
    message: expect.stringMatching(/holds vectors of 3 numbers, .* have 2\. Use an index of 2 dimensions/),
  });
  await double.close();
});

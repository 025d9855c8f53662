import { ChromaClient } from "chromadb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createChroma } from "../../../lib/adapters/vector-db/chroma.ts";
import { spaceHash } from "../../../lib/adapters/vector-db/space.ts";
import { vectorDatabaseConformance } from "../../conformance/vector-database.ts";
import { type ChromaServer, startChroma } from "../../servers/chroma.ts";
import { adapterContext } from "../../support/adapter-context.ts";

const SPACE = { tenant: "t", model: "m", dimensions: 2 };

let server: ChromaServer;
let client: ChromaClient;
beforeAll(async () => {
  server = await startChroma();
  const { hostname, port } = new URL(server.url);
  client = new ChromaClient({ host: hostname, port: Number(port), ssl: false });
});
afterAll(() => server?.stop());

const open = () => createChroma({ instance: "mine", url: server.url, apiKey: "", keyHint: "" });

vectorDatabaseConformance({
  name: "chroma",
  setup: async () => ({ open: open(), drop: (space) => client.deleteCollection({ name: `prompt-studio-${spaceHash(space)}` }) }),
});

describe("a collection", () => {
  it("is what Chroma's own client reads", async () => {
    await open()(SPACE).upsert("d", [{ chunk: 4, vector: Float32Array.of(0.6, 0.8) }], adapterContext());
    const collection = await client.getCollection({ name: `prompt-studio-${spaceHash(SPACE)}` });
    const { ids, metadatas } = await collection.get();
    expect([ids, metadatas]).toEqual([["d/4"], [{ doc_id: "d", chunk: 4 }]]);
  });

  it("of another length says what to do", async () => {
    const space = { ...SPACE, model: "narrow" };
    const collection = await client.createCollection({ name: `prompt-studio-${spaceHash(space)}`, embeddingFunction: null });
    await collection.add({ ids: ["x"], embeddings: [[1, 2, 3]] });
    const failure = open()(space).upsert("d", [{ chunk: 0, vector: Float32Array.of(1, 0) }], adapterContext());
    await expect(failure).rejects.toMatchObject({
      name: "PermanentError",
      message: expect.stringMatching(/holds vectors of 3 numbers, .* have 2\. Use an index of 2/),
    });
  });

  it("of a database that isn't there is a typed error", async () => {
    const lost = createChroma({ instance: "mine", url: server.url, apiKey: "", keyHint: "", database: "nowhere" })(SPACE);
    await expect(lost.check?.(new AbortController().signal)).rejects.toMatchObject({
      name: "PermanentError",
      code: "adapter_failed",
      message: expect.stringContaining("404 from chroma"),
    });
  });
});

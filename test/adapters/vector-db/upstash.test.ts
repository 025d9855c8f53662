import { describe, expect, it } from "vitest";
import { spaceHash } from "../../../lib/adapters/vector-db/space.ts";
import { createUpstash } from "../../../lib/adapters/vector-db/upstash.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { vectorDatabaseConformance } from "../../conformance/vector-database.ts";
import { adapterContext, newLedger } from "../../support/adapter-context.ts";
import { startUpstashDouble } from "./upstash-double.ts";

const TOKEN = "upstash-token-1";
const SPACE = { tenant: "t", model: "m", dimensions: 4 };
const create = (url: string, apiKey = TOKEN) => createUpstash({ instance: "far", url, apiKey, keyHint: "UPSTASH_VECTOR_REST_TOKEN" });

vectorDatabaseConformance({
  name: "upstash (double of its REST interface)",
  async setup() {
    const double = await startUpstashDouble({ token: TOKEN });
    return {
      open: create(double.url),
      drop: async (space) => {
        double.namespaces.delete(`prompt-studio-${spaceHash(space)}`);
      },
      close: double.close,
    };
  },
});

badServiceConformance({
  name: "vector database upstash",
  source: "upstash",
  ask: (url, signal) => create(url)(SPACE).query("a".repeat(64), Float32Array.of(1, 0, 0, 0), 3, adapterContext(newLedger(), signal)),
});

describe("an index of Upstash", () => {
  it.each([
    [{ dimension: 3 }, /holds vectors of 3 numbers, .* have 4\. Use an index of 4 dimensions/],
    [{ similarity: "EUCLIDEAN" }, /compares by EUCLIDEAN; make one that compares by COSINE/],
  ])("that was made otherwise says so before anything is written (%j)", async (options, message) => {
    const double = await startUpstashDouble({ token: TOKEN, ...options });
    const database = create(double.url)(SPACE);
    const records = [{ chunk: 0, vector: Float32Array.of(1, 0, 0, 0) }];
    const wanted = { name: "PermanentError", code: "adapter_failed", message: expect.stringMatching(message) };
    await expect(database.upsert("d", records, adapterContext())).rejects.toMatchObject(wanted);
    await expect(database.check?.(new AbortController().signal)).rejects.toMatchObject(wanted);
    await double.close();
    expect(double.requests.map(({ path }) => path)).toEqual(["/info", "/info"]);
  });

  it("that refuses the token names the variable, and not the token", async () => {
    const double = await startUpstashDouble({ token: TOKEN });
    const failure = await create(
      double.url,
      "wrong-token",
    )(SPACE)
      .check?.(new AbortController().signal)
      .catch((error: unknown) => error);
    await double.close();
    expect(failure).toMatchObject({ code: "adapter_refused", message: expect.stringContaining("Check UPSTASH_VECTOR_REST_TOKEN") });
    expect(String(failure)).not.toContain("wrong-token");
  });
});

import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPgvector } from "../../../lib/adapters/vector-db/pgvector.ts";
import { spaceHash } from "../../../lib/adapters/vector-db/space.ts";
import { vectorDatabaseConformance } from "../../conformance/vector-database.ts";
import { adapterContext, newLedger } from "../../support/adapter-context.ts";

const SPACE = { tenant: "t", model: "m", dimensions: 2 };
const ONE = Float32Array.of(1, 0);

let database: PGlite;
let server: PGLiteSocketServer;
let url = "";
beforeAll(async () => {
  database = await PGlite.create({ extensions: { vector } });
  server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: 0, maxConnections: 20 });
  await server.start();
  url = `postgres://postgres:secret-password@${server.getServerConn()}/postgres`;
});
afterAll(async () => {
  await server?.stop();
  await database?.close();
});

const create = (address: string) => createPgvector({ instance: "table", url: address, urlHint: "DATABASE_URL" });
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

vectorDatabaseConformance({
  name: "pgvector (Postgres in this process)",
  async setup() {
    return {
      open: create(url),
      drop: async (space) => {
        await database.exec(`DROP TABLE prompt_studio_${spaceHash(space)}`);
      },
    };
  },
});

describe("a Postgres", () => {
  it("that holds vectors of another length says what to do", async () => {
    await database.exec(`CREATE TABLE prompt_studio_${spaceHash(SPACE)} (doc_id text, chunk integer, embedding vector(3), PRIMARY KEY (doc_id, chunk))`);
    const failure = await failureOf(create(url)(SPACE).upsert("d", [{ chunk: 0, vector: ONE }], adapterContext()));
    expect(failure).toMatchObject({ name: "PermanentError", message: expect.stringMatching(/holds vectors of 3 numbers, .* have 2\. Use an index of 2/) });
  });

  it("may be filled by several at once", async () => {
    const space = { ...SPACE, model: "raced" };
    const records = Array.from({ length: 40 }, (_, chunk) => ({ chunk, vector: ONE }));
    await Promise.all(["a", "b", "c", "d"].map((document) => create(url)(space).upsert(document, records, adapterContext())));
    expect(await create(url)(space).has("d", 40, adapterContext())).toBe(true);
  });

  it("without pgvector says what to install", async () => {
    const plain = await PGlite.create();
    const other = new PGLiteSocketServer({ db: plain, host: "127.0.0.1", port: 0, maxConnections: 4 });
    await other.start();
    const failures = [
      await failureOf(create(`postgres://u:p@${other.getServerConn()}/postgres`)(SPACE).upsert("d", [{ chunk: 0, vector: ONE }], adapterContext())),
      await failureOf(Promise.resolve(create(`postgres://u:p@${other.getServerConn()}/postgres`)(SPACE).check?.(new AbortController().signal))),
    ];
    await other.stop();
    await plain.close();
    for (const failure of failures)
      expect(failure).toMatchObject({ name: "PermanentError", code: "adapter_failed", message: expect.stringContaining("Install pgvector there") });
  });

  it("that isn't there is worth another try, and the password stays out of the message", async () => {
    const failure = await failureOf(create("postgres://u:secret-password@127.0.0.1:1/postgres")(SPACE).query("d", ONE, 3, adapterContext()));
    expect(failure).toMatchObject({ name: "RetryableError", code: "adapter_unreachable", message: expect.stringContaining("ECONNREFUSED") });
    expect(String(failure)).not.toContain("secret-password");
  });

  it("is left alone once the run is cancelled", async () => {
    const controller = new AbortController();
    controller.abort(new Error("cancelled by the user"));
    await expect(create(url)(SPACE).query("d", ONE, 3, adapterContext(newLedger(), controller.signal))).rejects.toThrow("cancelled by the user");
  });

  it.each(["", "localhost:5432", "mysql://host/d"])("has an address that is one, not %j", (address) => {
    expect(() => create(address)).toThrow(/DATABASE_URL must be a connection string/);
  });
});

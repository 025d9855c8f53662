/** Postgres with the extension pgvector: a table for each tenant and embedding, its key beginning with the document. */
import type { Pool, PoolClient } from "pg";
import { PermanentError, RetryableError } from "../../schema/errors.ts";
import type { VectorDatabase } from "../contract.ts";
import { boundedMessage, networkReason, textField, unreachable } from "../http-errors.ts";
import { loadPackage } from "../package.ts";
import { checkLengths, groupsOf, hasDirection, numbersOf, type OpenSpace, otherDimensions, ranked, spaceGone, spaceHash } from "./space.ts";

const SOURCE = "pgvector";
const CONNECT_MS = 10_000;
const QUERY_MS = 60_000;
const CONNECTIONS = 4;
const INSERT_RECORDS = 256;
const UNDEFINED_TABLE = "42P01";
/** Creating the same table twice at once ends in one of these; the other's table is as good. */
const MADE_MEANWHILE = new Set(["23505", "42P07", "42710"]);

/** Which database. */
export interface PgvectorOptions {
  /** The adapter instance's name in requests. */
  instance: string;
  /** The connection string, a secret as a whole. */
  url: string;
  /** The environment variable that it comes from. */
  urlHint: string;
  /** Where the tables are made; "public" when not given. */
  schema?: string;
}

/**
 * A vector database in Postgres. One document's vectors are few and stand together under the table's key, so they are compared one by one:
 * exact, and no index for neighbours to keep up.
 */
export function createPgvector(options: PgvectorOptions): OpenSpace<VectorDatabase> {
  const { instance, url, urlHint, schema = "public" } = options;
  const host = hostOf(url, urlHint);
  let pool: Promise<Pool> | undefined;

  async function connect(): Promise<Pool> {
    const { default: postgres } = await loadPackage("pg", `The vector database ${instance}`, () => import("pg"));
    const made = new postgres.Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: QUERY_MS,
      allowExitOnIdle: true,
    });
    // An idle connection that breaks is replaced by the next request.
    made.on("error", () => undefined);
    return made;
  }

  /** Works with a connection, which is closed when the run is cancelled or the work fails. */
  async function use<T>(signal: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    pool ??= connect();
    let client: PoolClient | undefined;
    const release = (broken: boolean) => {
      client?.release(broken);
      client = undefined;
    };
    const abort = () => release(true);
    signal.addEventListener("abort", abort, { once: true });
    try {
      client = await (await pool).connect();
      signal.throwIfAborted();
      const done = await work(client);
      release(false);
      return done;
    } catch (error) {
      release(true);
      signal.throwIfAborted();
      throw errorOf(error, { host, secret: url, urlHint });
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  return (space) => {
    const name = `prompt_studio_${spaceHash(space)}`;
    const table = `"${schema}"."${name}"`;
    const gone = (error: unknown) => (codeOf(error) === UNDEFINED_TABLE ? spaceGone(SOURCE, host, `table ${name}`) : error);

    async function ensure(client: PoolClient): Promise<void> {
      await madeOnce(client, "CREATE EXTENSION IF NOT EXISTS vector");
      await madeOnce(
        client,
        `CREATE TABLE IF NOT EXISTS ${table} (doc_id text NOT NULL, chunk integer NOT NULL, embedding vector(${space.dimensions}) NOT NULL, PRIMARY KEY (doc_id, chunk))`,
      );
      const found = await client.query<{ holds: number }>(
        "SELECT atttypmod AS holds FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'embedding'",
        [table],
      );
      const holds = found.rows[0]?.holds ?? space.dimensions;
      if (holds !== space.dimensions) throw otherDimensions(SOURCE, host, holds, space);
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
        await use(signal, async (client) => {
          await ensure(client);
          const insert = `INSERT INTO ${table} (doc_id, chunk, embedding) SELECT $1, given.chunk, given.embedding::vector
            FROM unnest($2::integer[], $3::text[]) AS given (chunk, embedding) ON CONFLICT (doc_id, chunk) DO UPDATE SET embedding = EXCLUDED.embedding`;
          for (const group of groupsOf(records, INSERT_RECORDS)) {
            const vectors = group.map(({ vector }) => JSON.stringify(numbersOf(vector)));
            await client.query(insert, [indexId, group.map(({ chunk }) => chunk), vectors]).catch((error: unknown) => Promise.reject(gone(error)));
          }
        });
      },
      async query(indexId, vector, topK, { signal }) {
        checkLengths(SOURCE, space, [vector]);
        if (!hasDirection(vector)) return [];
        return use(signal, async (client) => {
          // A vector without direction has no cosine; it comes last instead of as NaN.
          const select = `SELECT chunk, COALESCE(NULLIF(1 - (embedding <=> $2::vector), 'NaN'), 0) AS score FROM ${table} WHERE doc_id = $1 ORDER BY score DESC, chunk LIMIT $3`;
          const parameters = [indexId, JSON.stringify(numbersOf(vector)), topK];
          const found = await client.query<{ chunk: number; score: number }>(select, parameters).catch((error: unknown) => Promise.reject(gone(error)));
          return ranked(found.rows, topK);
        });
      },
      async has(indexId, chunks, { signal }) {
        return use(signal, async (client) => {
          const found = await client
            .query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table} WHERE doc_id = $1`, [indexId])
            .catch(ignoringGone);
          return (found?.rows[0]?.count ?? 0) >= chunks;
        });
      },
      async delete(indexId, { signal }) {
        await use(signal, (client) => client.query(`DELETE FROM ${table} WHERE doc_id = $1`, [indexId]).catch(ignoringGone));
      },
      async check(signal) {
        await use(signal, async (client) => {
          const found = await client.query("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'");
          if (found.rows.length === 0) throw withoutExtension(host);
        });
      },
    };
  };
}

async function madeOnce(client: PoolClient, statement: string): Promise<void> {
  await client.query(statement).catch((error: unknown) => {
    if (!MADE_MEANWHILE.has(codeOf(error))) throw error;
  });
}

function ignoringGone(error: unknown): undefined {
  if (codeOf(error) !== UNDEFINED_TABLE) throw error;
}

function codeOf(error: unknown): string {
  return textField(error, "code") ?? "";
}

/** The host of a connection string, which is all of it that may be shown. */
function hostOf(url: string, urlHint: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^postgres(?:ql)?:$/.test(parsed.protocol)) return parsed.host || "localhost";
  throw new PermanentError(
    "invalid_configuration",
    `The environment variable ${urlHint} must be a connection string such as postgres://user:password@host:5432/database.`,
  );
}

function withoutExtension(host: string): PermanentError {
  return new PermanentError("adapter_failed", `${SOURCE}: the Postgres at ${host} doesn't have the extension vector. Install pgvector there.`);
}

/** What a failure of the database means, by its class of SQLSTATE. */
function errorOf(error: unknown, { host, secret, urlHint }: { host: string; secret: string; urlHint: string }): Error {
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  const code = codeOf(error);
  const password = URL.canParse(secret) ? decodeURIComponent(new URL(secret).password) : "";
  const words = boundedMessage(textField(error, "message") ?? "", password);
  if (/^28/.test(code)) return new PermanentError("adapter_refused", `${SOURCE} at ${host} refused the user or password (${code}). Check ${urlHint}.`);
  if (code === "3D000") return new PermanentError("adapter_failed", `${SOURCE} at ${host}: ${words}. Check the database's name in ${urlHint}.`);
  if (code === "0A000" || code === "58P01" || (code === "42704" && words.includes("vector"))) return withoutExtension(host);
  if (code === "42501")
    return new PermanentError(
      "adapter_refused",
      `${SOURCE} at ${host}: ${words}. Let an administrator run CREATE EXTENSION vector, and let the user make tables.`,
    );
  // Connections (08), too few resources (53), an operator's doing (57), conflicts (40) and locks (55) pass.
  if (/^(?:08|53|57|40|55)/.test(code) && /^[0-9A-Z]{5}$/.test(code)) {
    return new RetryableError("adapter_failed", `${SOURCE} at ${host}: ${words} (${code})`, { source: SOURCE, cause: error });
  }
  if (!/^[0-9][0-9A-Z]{4}$/.test(code)) return unreachable({ source: SOURCE, host, keyHint: urlHint }, `${networkReason(error)} ${words}`.trim(), error);
  return new PermanentError("adapter_failed", `${SOURCE} at ${host}: ${words} (${code})`);
}

/** The HTTP interface: a Hono app over the studio of each tenant. It knows no engine; the handler of one that calls us is handed in. */
import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import { z } from "zod";
import type { Studio } from "../client.ts";
import { filesFolder } from "../config/http.ts";
import { adaptersOf, type Config } from "../config.ts";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { parseJson } from "../schema/parse-json.ts";
import { identifierSchema } from "../schema/request.ts";
import { createSlots } from "../slots.ts";
import { type BodyTimes, readBody } from "./body.ts";
import { tenantOf } from "./guard.ts";
import { problemOf, problemResponse } from "./problems.ts";
import { readSubmission } from "./submission.ts";
import { acceptedBody, isEnded, linksOf, runBody } from "./views.ts";

const UPLOADS_AT_ONCE = 16;
const AGAIN_SECONDS = "2";
const MOST_LISTED = 100;
/** The most that Inngest sends: the state of a run of 32 MB, and what wraps it. */
const ENGINE_BODY_BYTES = 40 * 1024 ** 2;
const REASON_BYTES = 4_096;
const moveSchema = z.strictObject({ engine: z.string().min(1).max(40) });

export interface AppOptions {
  /** The studio of a tenant; made at most once for each. */
  studio(tenant: string): Studio;
  config: Pick<Config, "adapters" | "concurrency" | "http" | "limits" | "tenant">;
  log: Logger;
  /** Without keys: whether callers at this machine are served. */
  keyless: "loopback" | "refused";
  /** The metrics in Prometheus's text form. */
  metrics?: (() => Promise<{ body: string; type: string }>) | undefined;
  /** Rejects when this process can't do its work. */
  health?: (() => Promise<void>) | undefined;
  /** Answers an engine that calls us. */
  engine?: { fetch?(request: Request): Promise<Response> } | undefined;
  bodyTimes?: BodyTimes | undefined;
}

export interface Variables {
  requestId: string;
  tenant: string;
}

/** What Hono carries through a request. */
export type Env = { Variables: Variables; Bindings: { incoming?: { socket?: { remoteAddress?: string } } } };
type Asked = Context<Env>;

/** The app. Every route but /healthz and the engine's own wants a key. */
export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.use(identified(options));
  app.onError((error, context) => failed(context, error, options.log));
  app.notFound((context) => failed(context, new PermanentError("not_found", "There is nothing at this address; see docs/http.md."), options.log));
  addOpenRoutes(app, options);
  app.use(async (context, next) => {
    const { http, tenant } = options.config;
    const remoteAddress = context.env?.incoming?.socket?.remoteAddress;
    context.set("tenant", tenantOf(context.req.raw.headers, remoteAddress, { keys: http.apiKeys, keyless: options.keyless, tenant }));
    await next();
  });
  addSubmit(app, options);
  addRuns(app, options);
  addMove(app, options);
  addMetrics(app, options);
  return app;
}

/** Gives each request an id, and each answer that id and what every answer has; logs a line without any of the contents. */
function identified({ log }: AppOptions) {
  return async (context: Asked, next: () => Promise<void>) => {
    const given = context.req.header("x-request-id");
    const requestId = given !== undefined && identifierSchema.safeParse(given).success ? given : randomUUID();
    context.set("requestId", requestId);
    const started = performance.now();
    await next();
    const { headers, status } = context.res;
    headers.set("x-request-id", requestId);
    headers.set("x-content-type-options", "nosniff");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    const durationMs = Math.round(performance.now() - started);
    log.info({ request: requestId, tenant: context.get("tenant"), method: context.req.method, path: context.req.path, status, durationMs }, "request");
  };
}

function failed(context: Asked, error: unknown, log: Logger): Response {
  const problem = problemOf(error, { path: context.req.path, requestId: context.get("requestId") });
  if (problem.status >= 500) log.error({ request: problem.request_id, code: problem.code, reason: messageOf(error) }, "request failed");
  return problemResponse(problem);
}

/** Answers every other method of a path. */
function only(app: Hono<Env>, path: string, allow: string, log: Logger): void {
  app.all(path, (context) => {
    const error = new PermanentError("method_not_allowed", `Only ${allow} is possible at this address.`);
    const response = failed(context, error, log);
    response.headers.set("allow", allow);
    return response;
  });
}

function addOpenRoutes(app: Hono<Env>, { health, engine, log }: AppOptions): void {
  app.get("/healthz", async (context) => {
    try {
      await health?.();
      return context.json({ status: "ok" });
    } catch (error) {
      log.error({ reason: messageOf(error) }, "not healthy");
      return context.json({ status: "failing" }, 503);
    }
  });
  only(app, "/healthz", "GET", log);
  const handle = engine?.fetch?.bind(engine);
  if (handle === undefined) return;
  // Who may call is the engine's business: it signs what it sends.
  app.on(["GET", "PUT", "POST"], "/api/inngest", async (context) => {
    const { raw } = context.req;
    if (raw.method === "GET") return handle(raw);
    const body = await readBody(raw, ENGINE_BODY_BYTES);
    return handle(new Request(raw.url, { method: raw.method, headers: raw.headers, body: body as Uint8Array<ArrayBuffer> }));
  });
  only(app, "/api/inngest", "GET, PUT, POST", log);
}

function addSubmit(app: Hono<Env>, { studio, config, log, bodyTimes }: AppOptions): void {
  const uploads = createSlots(UPLOADS_AT_ONCE);
  app.post("/prompt-studio/process", async (context) => {
    const tenant = context.get("tenant");
    const files = filesFolder(config.http, tenant);
    const submission = await readSubmission(context.req.raw, { limits: config.limits, files, uploads, times: bodyTimes });
    const submitted = await studio(tenant).submit(submission);
    const { llm } = adaptersOf(config, submission.request);
    context.header("Location", linksOf(submitted.runId).self);
    context.header("Retry-After", AGAIN_SECONDS);
    return context.json(acceptedBody(submitted, submission.request, { llm, concurrency: config.concurrency }), 202);
  });
  only(app, "/prompt-studio/process", "POST", log);
}

/** A run id of the address; what can't be one is a run that doesn't exist. */
function runIdOf(context: Asked): string {
  const id = identifierSchema.safeParse(context.req.param("id"));
  if (!id.success) throw new PermanentError("run_not_found", "There is no run with this id.");
  return id.data;
}

function addRuns(app: Hono<Env>, { studio, log, bodyTimes }: AppOptions): void {
  const of = (context: Asked) => studio(context.get("tenant"));
  app.get("/v1/runs", async (context) => {
    const text = context.req.query("limit") ?? "20";
    const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (limit < 1 || limit > MOST_LISTED) throw new PermanentError("invalid_request", `The parameter limit must be a whole number from 1 to ${MOST_LISTED}.`);
    return context.json({ runs: (await of(context).list({ limit })).map(runBody) });
  });
  only(app, "/v1/runs", "GET", log);
  app.get("/v1/runs/:id", async (context) => {
    const view = await of(context).get(runIdOf(context));
    if (!isEnded(view)) context.header("Retry-After", AGAIN_SECONDS);
    return context.json(runBody(view));
  });
  only(app, "/v1/runs/:id", "GET", log);
  app.get("/v1/runs/:id/result", async (context) => {
    const runId = runIdOf(context);
    const view = await of(context).get(runId);
    if (!isEnded(view)) throw new PermanentError("run_not_ended", `The run "${runId}" is ${view.status}; ask again for its result when it has ended.`);
    return context.json(await of(context).result(runId));
  });
  only(app, "/v1/runs/:id/result", "GET", log);
  app.post("/v1/runs/:id/cancel", async (context) => {
    const runId = runIdOf(context);
    await readBody(context.req.raw, REASON_BYTES, bodyTimes);
    const view = await of(context).cancel(runId, "cancelled over HTTP");
    if (view.status !== "cancelled") throw new PermanentError("run_ended", `The run "${runId}" had ended (${view.status}) before it could be cancelled.`);
    return context.json(runBody(view));
  });
  only(app, "/v1/runs/:id/cancel", "POST", log);
}

function addMove(app: Hono<Env>, { studio, log, bodyTimes }: AppOptions): void {
  app.post("/v1/runs/:id/move", async (context) => {
    const runId = runIdOf(context);
    const body = moveSchema.safeParse(parseJson(await readBody(context.req.raw, REASON_BYTES, bodyTimes), "The body", "malformed_request"));
    if (!body.success) throw new PermanentError("invalid_request", 'The body must be an object with the name of an engine: { "engine": "celery" }.');
    return context.json(runBody(await studio(context.get("tenant")).move(runId, body.data.engine)));
  });
  only(app, "/v1/runs/:id/move", "POST", log);
}

function addMetrics(app: Hono<Env>, { metrics, log }: AppOptions): void {
  if (metrics === undefined) return;
  app.get("/metrics", async (context) => {
    const { body, type } = await metrics();
    return context.body(body, 200, { "content-type": type });
  });
  only(app, "/metrics", "GET", log);
}

/**
 * Inngest's server, as far as a served function can tell: it takes events, and drives the function over the SDK's protocol with signed requests, plans, sleeps, retries,
 * concurrency, priority, idempotency, cancellation and checkpoints. In memory and in this process; time is real. Where a real dev server is at hand, prefer that.
 */
import { createHash, createHmac, randomUUID } from "node:crypto";
import { canonicalJson } from "../../lib/schema/json.ts";

interface FunctionConfig {
  id: string;
  triggers: { event?: string; expression?: string }[];
  steps: { step: { runtime: { url: string }; retries?: { attempts: number } } };
  idempotency?: string;
  concurrency?: { limit: number; key?: string }[];
  priority?: { run: string };
  cancel?: { event: string; if?: string }[];
  timeouts?: { start?: string; finish?: string };
}

interface SentEvent {
  id: string;
  internalId: string;
  name: string;
  data: Record<string, unknown>;
  ts: number;
}

/** One operation of an answer. */
interface Operation {
  id: string;
  op: string;
  name?: string;
  displayName?: string;
  data?: unknown;
  error?: unknown;
  opts?: { parallelMode?: string };
  userland?: { id: string };
}

export interface ExecutorRun {
  id: string;
  config: FunctionConfig;
  event: SentEvent;
  status: "Queued" | "Running" | "Completed" | "Failed" | "Cancelled";
  output: unknown;
  /** Ended steps as a person would see them, in the order of their ends. */
  steps: { id: string; name: string; op: string; data: unknown }[];
  requests: number;
  /** How often it was told of steps while a request went on. */
  checkpoints: number;
}

interface Item {
  run: RunState;
  /** "step" discovers; anything else is the hashed id of a planned step. */
  stepId: string;
  attempt: number;
  /** When it stands in the queue: older goes first, priority makes older. */
  rank: number;
}

interface RunState extends ExecutorRun {
  /** What it counts against while one of its steps runs. */
  limits: readonly { limit: number; slot: string }[];
  results: Map<string, { type: "data"; data: unknown } | { type: "error"; error: unknown }>;
  stack: string[];
  planned: Map<string, Operation>;
  discovering: boolean;
  /** A late answer planned a step that had ended. The real server waits for it for ever, and follows up only what is in a race. */
  waitsForEnded: boolean;
  /** What was to be done for it is lost, as with the queue of a server that was killed. */
  isForgotten: boolean;
  factor: number;
}

export interface ExecutorOptions {
  /** The app: what answers at /api/inngest. */
  serve(request: Request): Promise<Response>;
  signingKey?: string;
  retryMs?: number;
  /** Called with each answer before it is looked at, which waits for it; "lost" is as if the connection had broken. */
  onAnswer?(answer: { run: ExecutorRun; stepId: string; operations: readonly Operation[] }): "lost" | undefined | Promise<"lost" | undefined>;
}

const APP_URL = "http://app.test/api/inngest";
export const EXECUTOR_URL = "http://inngest.test/";
const UNITS: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** "1m30s" in milliseconds. */
function milliseconds(duration: string): number {
  return [...duration.matchAll(/(\d+)([wdhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
}

const compiled = new Map<string, ReturnType<FunctionConstructor>>();

/** What Inngest's expression language gives for the few forms that our function uses; they read the same in JavaScript. */
export function evaluate(expression: string, event: unknown, other: unknown = {}): unknown {
  const run = compiled.get(expression) ?? new Function("event", "async", "int", "string", `return (${expression});`);
  compiled.set(expression, run);
  return run(event, other, (value: unknown) => Math.trunc(Number(value ?? 0)), String);
}

/** The header that proves a request to come from Inngest. */
export function signature(body: string, key: string, at = Date.now()): string {
  const seconds = Math.round(at / 1000);
  const secret = key.replace(/^signkey-[\w]+-/, "");
  const text = body === "" ? "" : canonicalJson(JSON.parse(body));
  return `t=${seconds}&s=${createHmac("sha256", secret).update(`${text}${seconds}`).digest("hex")}`;
}

/** Starts a server that knows the served functions once `sync` has run. `fetch` is for the client: it answers what the SDK asks of Inngest. */
export function createInngestExecutor(options: ExecutorOptions) {
  const { signingKey, retryMs = 50 } = options;
  const runs: RunState[] = [];
  const events: SentEvent[] = [];
  const keysSeen = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  const running = new Map<string, number>();
  let functions: FunctionConfig[] = [];
  let queue: Item[] = [];
  let stopped = false;

  const later = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) work();
    }, ms);
    timers.add(timer);
  };

  const send = (method: string, query: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = JSON.stringify(body);
    const signed: Record<string, string> = signingKey === undefined ? {} : { "x-inngest-signature": signature(text, signingKey) };
    const all = { "content-type": "application/json", "x-inngest-server-kind": signingKey === undefined ? "dev" : "cloud", ...signed, ...headers };
    return options.serve(new Request(`${APP_URL}${query}`, { method, body: text, headers: all }));
  };

  const sync = async (): Promise<readonly FunctionConfig[]> => {
    const response = await send("PUT", "", { url: APP_URL }, { "x-inngest-sync-kind": "in_band" });
    if (response.status !== 200) throw new Error(`sync answered ${response.status}: ${await response.text()}`);
    functions = ((await response.json()) as { functions: FunctionConfig[] }).functions;
    return functions;
  };

  /** A queue takes a moment; answers that are there already are looked at before. */
  const soon = () => void setImmediate(pump);
  const enqueue = (run: RunState, stepId: string, attempt = 0) => {
    queue.push({ run, stepId, attempt, rank: Date.now() - run.factor * 1_000 });
    soon();
  };
  const discover = (run: RunState) => {
    if (run.discovering || run.status !== "Running") return;
    run.discovering = true;
    enqueue(run, "step");
  };

  const limitsOf = (config: FunctionConfig, event: SentEvent) =>
    (config.concurrency ?? []).map(({ limit, key }) => ({
      limit,
      slot: `${config.id} ${key === undefined ? "" : `${key} ${String(evaluate(key, event))}`}`,
    }));
  const pump = () => {
    queue = queue.filter(({ run }) => isOpen(run) && !run.isForgotten).sort((left, right) => left.rank - right.rank);
    for (const item of [...queue]) {
      if (stopped || item.run.limits.some(({ slot, limit }) => (running.get(slot) ?? 0) >= limit)) continue;
      queue.splice(queue.indexOf(item), 1);
      const slots = item.run.limits.map(({ slot }) => slot);
      for (const slot of slots) running.set(slot, (running.get(slot) ?? 0) + 1);
      void execute(item).finally(() => {
        for (const slot of slots) running.set(slot, (running.get(slot) ?? 1) - 1);
        soon();
      });
    }
  };

  const execute = async (item: Item): Promise<void> => {
    const { run, stepId, attempt } = item;
    if (stepId === "step") run.discovering = false;
    if (run.status === "Queued") run.status = "Running";
    run.requests++;
    const maximum = (run.config.steps.step.retries?.attempts ?? 3) + 1;
    const ctx = {
      run_id: run.id,
      fn_id: createHash("sha1").update(run.config.id).digest("hex"),
      attempt,
      max_attempts: maximum,
      disable_immediate_execution: stepId !== "step" || run.planned.size > 0 || run.waitsForEnded,
      use_api: false,
      qi_id: randomUUID(),
      stack: { stack: run.stack, current: run.stack.length },
    };
    const { name, data, ts, id } = run.event;
    const event = { name, data, ts, id };
    const query = `?fnId=${encodeURIComponent(run.config.id)}&stepId=${stepId}`;
    const response = await send("POST", query, { event, events: [event], steps: Object.fromEntries(run.results), version: 2, use_api: false, ctx }).catch(
      () => undefined,
    );
    const answer: unknown = response && (await response.json());
    const operations = response?.status === 206 ? (answer as Operation[]) : [];
    if (!isOpen(run)) return;
    const isLost = response === undefined || (await options.onAnswer?.({ run, stepId, operations })) === "lost";
    if (isLost) return again(item, maximum, { message: "connection lost" });
    if (response.status === 200) return end(run, "Completed", answer);
    if (response.status === 206) for (const operation of operations) obey(item, operation, maximum, response);
    else if (response.headers.get("x-inngest-no-retry") === "true" || response.status === 401) end(run, "Failed", answer);
    else again(item, maximum, answer, response);
  };

  const again = ({ run, stepId, attempt }: Item, maximum: number, error: unknown, response?: Response) => {
    if (attempt + 1 >= maximum) return end(run, "Failed", error);
    const asked = response?.headers.get("retry-after");
    if (stepId === "step") run.discovering = true;
    later(asked ? Number(asked) * 1_000 : retryMs, () => enqueue(run, stepId, attempt + 1));
  };

  const obey = (item: Item, operation: Operation, maximum: number, response: Response) => {
    const { run } = item;
    const { id, op } = operation;
    if (op === "RunComplete") return end(run, "Completed", operation.data);
    if (run.results.has(id) && op === "StepPlanned") {
      run.waitsForEnded = true;
      return;
    }
    if (run.results.has(id)) return discover(run);
    if (op === "StepRun" || op === "Step") return settle(run, operation, { type: "data", data: operation.data });
    if (op === "StepFailed") return settle(run, operation, { type: "error", error: operation.error });
    if (op === "StepError") {
      if (item.attempt + 1 >= maximum) settle(run, operation, { type: "error", error: operation.error });
      else again(item, maximum, operation.error, response);
      return;
    }
    if (run.planned.has(id)) return;
    run.planned.set(id, operation);
    if (op === "StepPlanned") enqueue(run, id);
    else if (op === "Sleep") {
      later(milliseconds(operation.name ?? ""), () => {
        if (run.status === "Running") settle(run, operation, { type: "data", data: null });
      });
    } else throw new Error(`The executor doesn't know the operation ${op}.`);
  };

  /** A step of a race is followed up at once, any other when no planned step is left. */
  const settle = (run: RunState, operation: Operation, result: { type: "data"; data: unknown } | { type: "error"; error: unknown }) => {
    keep(run, operation, result);
    const planned = run.planned.get(operation.id) ?? operation;
    run.planned.delete(operation.id);
    if (planned.opts?.parallelMode === "race" || (run.planned.size === 0 && !run.waitsForEnded)) discover(run);
  };
  const keep = (run: RunState, operation: Operation, result: { type: "data"; data: unknown } | { type: "error"; error: unknown }) => {
    if (run.results.has(operation.id)) return;
    run.results.set(operation.id, result);
    run.stack.push(operation.id);
    run.steps.push({
      id: operation.userland?.id ?? operation.id,
      name: operation.displayName ?? "",
      op: operation.op,
      data: "data" in result ? result.data : undefined,
    });
  };

  const end = (run: RunState, status: RunState["status"], output: unknown) => {
    if (!isOpen(run)) return;
    run.status = status;
    run.output = output;
    const data = { function_id: run.config.id, run_id: run.id, event: run.event };
    if (status === "Failed") take({ name: "inngest/function.failed", data: { ...data, error: output } });
    if (status === "Cancelled") take({ name: "inngest/function.cancelled", data });
  };

  const take = (sent: { name: string; id?: string; data?: Record<string, unknown>; ts?: number }): string => {
    const internalId = randomUUID();
    const event: SentEvent = { name: sent.name, id: sent.id ?? internalId, internalId, data: sent.data ?? {}, ts: sent.ts ?? Date.now() };
    events.push(event);
    for (const run of runs) {
      const cancels = run.config.cancel?.some(
        (cancel) => cancel.event === event.name && (cancel.if === undefined || evaluate(cancel.if, run.event, event) === true),
      );
      if (cancels) end(run, "Cancelled", undefined);
    }
    for (const config of functions) {
      const isTriggered = config.triggers.some(
        (trigger) => trigger.event === event.name && (!trigger.expression || evaluate(trigger.expression, event) === true),
      );
      if (isTriggered) startRun(config, event);
    }
    return internalId;
  };
  const startRun = (config: FunctionConfig, event: SentEvent) => {
    const keys = [`event ${event.id}`, ...(config.idempotency ? [`key ${String(evaluate(config.idempotency, event))}`] : [])].map(
      (key) => `${config.id} ${key}`,
    );
    if (keys.some((key) => keysSeen.has(key))) return;
    for (const key of keys) keysSeen.add(key);
    const factor = config.priority ? Number(evaluate(config.priority.run, event)) : 0;
    const empty = { results: new Map(), stack: [], planned: new Map(), steps: [], requests: 0, checkpoints: 0, output: undefined };
    const run: RunState = {
      id: randomUUID(),
      config,
      event,
      limits: limitsOf(config, event),
      status: "Queued",
      discovering: true,
      waitsForEnded: false,
      isForgotten: false,
      factor,
      ...empty,
    };
    runs.push(run);
    enqueue(run, "step");
  };

  const json = (body: unknown, status = 200) => Response.json(body, { status });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input instanceof URL ? input.href : input, init);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/e/")) {
      const sent = (await request.json()) as Parameters<typeof take>[0][];
      return json({ status: 200, ids: sent.map(take) });
    }
    const checkpoint = /^\/v1\/checkpoint\/([^/]+)\/async$/.exec(pathname);
    if (checkpoint) {
      const run = runs.find(({ id }) => id === checkpoint[1]);
      if (run?.status !== "Running") return json({ error: "stale" }, 409);
      run.checkpoints++;
      for (const step of ((await request.json()) as { steps: Operation[] }).steps) {
        if (step.op === "StepRun" || step.op === "Step") keep(run, step, { type: "data", data: step.data });
      }
      return json({});
    }
    const eventRuns = /^\/v2\/events\/([^/]+)\/runs$/.exec(pathname);
    if (eventRuns) {
      const started = runs.filter(({ event }) => event.internalId === eventRuns[1]);
      return json({ data: started.map((run) => viewOf(run, run.status)) });
    }
    const asked = runs.find(({ id }) => pathname === `/v2/runs/${id}`);
    const withJobs = /^\/v1\/runs\/([^/]+)\/jobs$/.exec(pathname);
    if (withJobs) return json({ data: runs.some(({ id, isForgotten }) => id === withJobs[1] && !isForgotten) ? [{}] : [] });
    // As the real server does: asked by its id, a run that goes on is "completed" without an end.
    if (asked) return json({ data: viewOf(asked, isOpen(asked) ? "Completed" : asked.status) });
    return json({ error: "not found" }, 404);
  };

  return {
    sync,
    fetch,
    runs: runs as readonly ExecutorRun[],
    events: events as readonly SentEvent[],
    send: take,
    /** Ends a run as its "Cancel" button does. */
    cancel(run: ExecutorRun) {
      const state = runs.find(({ id }) => id === run.id);
      if (state) end(state, "Cancelled", undefined);
    },
    /** Loses what was to be done for a run, and goes on calling it what it was. */
    forget(run: ExecutorRun) {
      const state = runs.find(({ id }) => id === run.id);
      if (state) state.isForgotten = true;
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** A run as the REST API shows it. App and function are joined with a hyphen in the protocol; only the app "prompt-studio" is known here. */
function viewOf(run: ExecutorRun, status: ExecutorRun["status"]) {
  const app = "prompt-studio";
  const ended = isOpen(run) ? {} : { endedAt: new Date().toISOString() };
  return { id: run.id, app: { id: app }, function: { id: run.config.id.slice(app.length + 1) }, status: status.toUpperCase(), ...ended };
}

function isOpen({ status }: ExecutorRun): boolean {
  return status === "Queued" || status === "Running";
}

/** What `engines compare` says of measured runs: numbers of each engine, and where results differ. Pure. */
import type { RunEvent, RunView } from "../client.ts";
import { canonicalJson, type Json } from "../schema/json.ts";
import type { RunResult, Usage } from "../schema/result.ts";
import { sumUsage } from "../schema/usage.ts";

/** The runs of one engine, in the order of the documents. */
export interface Measured {
  engine: string;
  runs: readonly { view: RunView; events: readonly RunEvent[]; result: RunResult | undefined }[];
}

/** Times are milliseconds by the clock of this machine: of runs from being accepted to their end, and to their first call. */
export interface EngineReport {
  engine: string;
  runs: number;
  failed: number;
  medianMs: number;
  longestMs: number;
  queueMs: number;
  failedCalls: number;
  usage: Usage;
  run_ids: readonly string[];
}

/** A place where not all engines found the same: an output of a document, its digraph, or how the run ended. */
export interface Difference {
  file: string;
  what: string;
  engines: Readonly<Record<string, Json>>;
}

/** The numbers of one engine; `queueMs` is a median. */
export function reportOf({ engine, runs }: Measured): EngineReport {
  const took = runs.map(({ events }) => between(events, "run-end"));
  const failedCalls = runs.flatMap(({ events }) => events.filter(({ outcome }) => outcome === "failed")).length;
  return {
    engine,
    runs: runs.length,
    failed: runs.filter(({ view }) => !view.status.startsWith("completed")).length,
    medianMs: median(took),
    longestMs: Math.max(0, ...took),
    queueMs: median(runs.map(({ events }) => between(events, "stage-start"))),
    failedCalls,
    usage: sumUsage(runs.map(({ view }) => view.usage)),
    run_ids: runs.map(({ view }) => view.runId),
  };
}

function between(events: readonly RunEvent[], type: RunEvent["type"]): number {
  const start = events.find((event) => event.type === "run-start");
  const end = events.find((event) => event.type === type);
  return start && end ? Math.max(0, end.at - start.at) : 0;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2);
}

/** Where the engines' results differ: values, their status, citations and scores, the digraph, and how the runs ended. */
export function differencesOf(measured: readonly Measured[], files: readonly string[]): Difference[] {
  return files.flatMap((file, index) => {
    const facts = measured.map(({ engine, runs }) => ({ engine, facts: factsOf(runs[index]?.result, runs[index]?.view) }));
    const names = new Set(facts.flatMap((each) => [...each.facts.keys()]));
    return [...names].flatMap((what): Difference[] => {
      const found = facts.map(({ engine, facts: own }) => [engine, own.get(what) ?? null] as const);
      return new Set(found.map(([, value]) => canonicalJson(value))).size === 1 ? [] : [{ file, what, engines: Object.fromEntries(found) }];
    });
  });
}

/** What must be the same on every engine, by name. Times, usage and reasons in words may differ. */
function factsOf(result: RunResult | undefined, view: RunView | undefined): ReadonlyMap<string, Json> {
  const facts = new Map<string, Json>([["status", view?.status ?? null]]);
  if (result === undefined) return facts;
  const { waves = null, cycles = null } = result.execution_summary;
  facts.set("digraph", { waves, cycles });
  for (const [name, { value, status, citations, scores }] of Object.entries(result.outputs)) {
    const parts = { value, status, citations: JSON.parse(canonicalJson(citations)) as Json, scores };
    for (const [part, content] of Object.entries(parts)) facts.set(`${name}.${part}`, content);
  }
  return facts;
}

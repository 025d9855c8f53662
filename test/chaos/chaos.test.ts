/** The command itself, killed at random moments and started again, must end as if nothing had happened, and pay for nothing twice. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attemptRecordSchema, claimRecordSchema, resultRecordSchema } from "../../lib/schema/records.ts";
import type { RunResult } from "../../lib/schema/result.ts";
import { createFsStore } from "../../lib/store/fs.ts";
import { ordinalOf, runKeys } from "../../lib/store/layout.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { keysOf, readRecord } from "../../lib/store/records.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { createRandom } from "../support/random.ts";
import { ANSWERS, makeReport, REQUEST } from "./document.ts";

const KILLS = 16;
/** On a slow machine all kills may meet one call, and thirteen would rightly prove that it kills its process. */
const MOST_KILLS_OF_A_RUN = 10;
const CONCURRENCY = 4;
/** Where the moments of death come from; fixed, so that a failure can be looked at again. */
const SEED = 20_251_117;

interface Ended {
  killed: boolean;
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
let model: ModelServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chaos-"));
  await writeFile(join(folder, "report.pdf"), await makeReport());
  await writeFile(join(folder, "prompts.json"), JSON.stringify(REQUEST));
  model = await startModelServer({ answer: ANSWERS, latencyMs: 40 });
});

afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each([{ llm: "local" }, { llm: "openai:scripted" }])("the command killed at random, with $llm", ({ llm }) => {
  it("gives the calm run's result, runs no committed call again, pays for nothing twice, and leaves nothing behind", { timeout: 400_000 }, async () => {
    const name = llm.replace(":", "-");
    const calmStart = performance.now();
    const calm = await start({ llm, store: `calm-${name}`, runId: "calm" });
    const calmMs = performance.now() - calmStart;
    expect(calm.code, calm.stderr).toBe(0);
    const expected = comparable(JSON.parse(calm.stdout));
    const questions = model.requests.length;

    const random = createRandom(SEED);
    const store = createFsStore({ root: join(folder, name) });
    let kills = 0;
    let rounds = 0;
    for (; kills < KILLS; rounds++) {
      const runId = `round-${rounds}`;
      let ended = await start({ llm, store: name, runId, killAfterMs: random() * calmMs * 1.1 });
      for (let killed = 1; ended.killed; killed++, kills++) {
        const death = killed < MOST_KILLS_OF_A_RUN ? { killAfterMs: random() * calmMs * 1.1 } : {};
        ended = await start({ llm, store: name, runId, ...death });
      }
      expect(ended.code, ended.stderr).toBe(0);
      expect(comparable(JSON.parse(ended.stdout))).toEqual(expected);
      await expectNothingTwice(store, runId);
      expect(await keysOf(store, runKeys("default", runId).allPaid)).toHaveLength(questions);
    }
    // Each round asks each question once; a kill repeats at most what its process had in flight.
    expect(model.requests.length - questions).toBeLessThanOrEqual(rounds * questions + kills * CONCURRENCY);
    expect(await keysOf(store, "active/")).toEqual([]);
    expect(await keysOf(store, "outbox/")).toEqual([]);
  });
});

/** Runs the command to its end, or kills it. */
function start(options: { llm: string; store: string; runId: string; killAfterMs?: number }): Promise<Ended> {
  const { llm, store, runId, killAfterMs } = options;
  const command = [
    "dist/lib/cli/main.js",
    "run",
    join(folder, "report.pdf"),
    "--prompts",
    join(folder, "prompts.json"),
    "--run-id",
    runId,
    "--llm",
    llm,
    "--json",
    "--quiet",
  ];
  const child = spawn(process.execPath, command, {
    env: {
      ...process.env,
      PROMPT_STUDIO_STORE: join(folder, store),
      PROMPT_STUDIO_CONCURRENCY: String(CONCURRENCY),
      OPENAI_API_KEY: "not-a-key",
      OPENAI_BASE_URL: model.url,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (part) => {
    stdout += part;
  });
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const settled = new AbortController();
  if (killAfterMs !== undefined)
    void sleep(killAfterMs, undefined, { signal: settled.signal })
      .then(() => child.kill("SIGKILL"))
      .catch(() => undefined);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      settled.abort();
      resolve({ killed: signal === "SIGKILL", code, stdout, stderr });
    });
  });
}

/** What must not depend on how often the run was killed. */
function comparable(result: RunResult): unknown {
  const outputs = Object.entries(result.outputs).map(([name, { value, status, citations, scores }]) => [name, { value, status, citations, scores }]);
  return { outputs: Object.fromEntries(outputs), waves: result.execution_summary.waves, cycles: result.execution_summary.cycles, status: result.status };
}

/** No claim was taken after its call was committed, and every claim has a result, a record of its end, or a successor. */
async function expectNothingTwice(store: ObjectStore, runId: string): Promise<void> {
  const keys = runKeys("default", runId);
  const claims = await keysOf(store, keys.allClaims);
  for (const claim of claims) {
    const call = keys.claimedCall(claim);
    const result = await readRecord(store, keys.result(call), resultRecordSchema);
    const attempt = await readRecord(store, keys.attempt(call, ordinalOf(claim)), attemptRecordSchema);
    const hasSuccessor = claims.some((other) => other.startsWith(keys.claims(call)) && other > claim);
    expect(result !== undefined || attempt !== undefined || hasSuccessor, `${claim} was left behind`).toBe(true);
    expect(ordinalOf(claim), `${call} was claimed again after its commit`).toBeLessThanOrEqual(result?.claim ?? Number.POSITIVE_INFINITY);
    expect(await readRecord(store, claim, claimRecordSchema)).toBeDefined();
  }
}

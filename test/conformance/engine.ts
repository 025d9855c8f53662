/**
 * What every engine must do, in real time, on its real server. An engine's test calls this with a way to start it. What it declares not to have is skipped, with the
 * reason in the report; `npm run engines:table` makes the table in docs/engines.md from such reports.
 */
import { describe, it } from "vitest";
import { createBench } from "./engine/bench.ts";
import { callTests } from "./engine/calls.ts";
import { largeTests } from "./engine/large.ts";
import { moveTests } from "./engine/moves.ts";
import { promptStudioTests } from "./engine/prompt-studio.ts";
import { queueTests } from "./engine/queues.ts";
import type { EngineTest, EngineUnderTest } from "./engine/subject.ts";
import { workerTests } from "./engine/workers.ts";

export type { EngineUnderTest } from "./engine/subject.ts";

/** The suite, in the order of the table. */
export const ENGINE_TESTS: readonly EngineTest[] = [...callTests, ...promptStudioTests, ...queueTests, ...largeTests, ...moveTests, ...workerTests];

const TIMEOUT_MS = 120_000;

/** Declares the suite for one engine. */
export function engineConformance(under: EngineUnderTest): void {
  describe(`the engine ${under.name}${under.on === undefined ? "" : ` on ${under.on}`}`, () => {
    for (const test of ENGINE_TESTS) {
      it(test.name, { timeout: test.timeoutMs ?? TIMEOUT_MS, meta: { engine: under.name, on: under.on ?? "" } }, async (context) => {
        const reason = test.without?.(under);
        if (reason !== undefined) {
          context.task.meta.reason = reason;
          context.skip(reason);
        }
        const { bench, close } = createBench(under);
        try {
          await test.run(bench);
        } finally {
          await close();
        }
      });
    }
  });
}

declare module "vitest" {
  interface TaskMeta {
    /** Of a test of the suite. */
    engine?: string;
    on?: string;
    /** Why it was skipped. */
    reason?: string;
  }
}

/** Large runs: what an engine carries is ids, so neither many outputs nor large ones are anything to it. */
import { expect } from "vitest";
import { z } from "zod";
import { definePipeline, defineStage, type GraphStage } from "../../../lib/pipeline/define.ts";
import { pipelineOf, SOON } from "./bench.ts";
import type { EngineTest } from "./subject.ts";

const OUTPUTS = 2_000;
const MEGABYTE = 1_000_000;
const MEGABYTES = 20;

/** Each of 20 items gives a megabyte; the join counts what arrived. */
function megabytes() {
  const fill: GraphStage<undefined, number, string> = defineStage<undefined, number, string>({
    id: "fill",
    kind: "graph",
    after: [],
    policy: SOON,
    itemPolicy: SOON,
    onError: "fail",
    itemOutput: z.string(),
    output: z.number(),
    plan: async () => ({ count: MEGABYTES, edges: [[0, MEGABYTES - 1]] }),
    work: async (_, index) => String(index % 10).repeat(MEGABYTE),
    async join(context) {
      let characters = 0;
      for (let index = 0; index < MEGABYTES; index++) {
        const item = await context.item(fill, index);
        if (item.is === "done") characters += item.output.length;
      }
      return characters;
    },
  });
  return definePipeline<undefined>({ name: "megabytes", version: 1, stages: [fill] });
}

export const largeTests: readonly EngineTest[] = [
  {
    name: "does each of 2,000 outputs once",
    timeoutMs: 330_000,
    async run({ start, accept, endOf, result }) {
      const started: string[] = [];
      const pipeline = pipelineOf(async (_, call) => started.push(call), { count: OUTPUTS, edges: [[0, OUTPUTS - 1]] });
      const process = await start(pipeline, { concurrency: 50, perTenant: 50 });
      const dispatch = await accept(process, pipeline, "run-1");
      await process.engine.submit([dispatch]);
      expect(await endOf(dispatch, 300_000)).toMatchObject({ status: "completed" });
      expect(started).toHaveLength(OUTPUTS + 1);
      expect(new Set(started).size).toBe(OUTPUTS + 1);
      expect((await result(dispatch, "map/join"))?.output).toEqual(Array.from({ length: OUTPUTS }, (_, index) => `map ${index}`));
    },
  },
  {
    name: "carries 20 MB of results",
    async run({ start, accept, endOf, result }) {
      const pipeline = megabytes();
      const process = await start(pipeline);
      const dispatch = await accept(process, pipeline, "run-1");
      await process.engine.submit([dispatch]);
      expect(await endOf(dispatch)).toMatchObject({ status: "completed" });
      expect((await result(dispatch, "fill/join"))?.output).toBe(MEGABYTES * MEGABYTE);
    },
  },
];

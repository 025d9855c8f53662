/** A pipeline whose calls the test lets end, one by one. */
import { z } from "zod";
import { definePipeline, defineStage, type GraphStage, paperPolicy } from "../../lib/own-pipelines.ts";

/** Calls of a wave, which run side by side. */
export const AT_ONCE = 3;
const policy = paperPolicy(1, 2);

/** Waves of three items, each of which waits for one of the wave before. Each begins by paying, and ends when it is let. */
export function gated(waves = 2) {
  const items = waves * AT_ONCE;
  const begun: number[] = [];
  const paid: number[] = [];
  const ends = new Map<number, () => void>();
  const resources = { begun, paid };
  type Resources = typeof resources;
  const edges = Array.from({ length: items - AT_ONCE }, (_, item): [number, number] => [item, item + AT_ONCE]);
  const map: GraphStage<Resources, number, number> = defineStage<Resources, number, number>({
    id: "map",
    kind: "graph",
    after: [],
    policy,
    itemPolicy: policy,
    onError: "fail",
    itemOutput: z.int(),
    output: z.int(),
    plan: async () => ({ count: items, edges }),
    async work(context, item) {
      begun.push(item);
      await context.paid("answer/1", { item }, async () => {
        paid.push(item);
        return { answer: item, usage: { input_tokens: 1, output_tokens: 1 }, model: "test" };
      });
      await new Promise<void>((resolve) => ends.set(item, resolve));
      return item;
    },
    join: async () => items,
  });
  const pipeline = definePipeline<Resources>({ name: "gated", version: 1, stages: [map] });
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return {
    map,
    pipeline,
    resources,
    running: (...items: number[]) => until(() => items.every((item) => ends.has(item))),
    end: (...items: number[]) => {
      for (const item of items) ends.get(item)?.();
    },
  };
}

/** A pipeline whose calls the test lets end, one by one. */
import { z } from "zod";
import { definePipeline, defineStage, type GraphStage, paperPolicy } from "../../lib/own-pipelines.ts";

export const ITEMS = 6;
const policy = paperPolicy(1, 2);

/** Six items, of which 3 to 5 wait for 0 to 2. Each begins by paying, and ends when it is let. */
export function gated() {
  const begun: number[] = [];
  const paid: number[] = [];
  const ends = new Map<number, () => void>();
  const resources = { begun, paid };
  type Resources = typeof resources;
  const edges = [0, 1, 2].map((item): [number, number] => [item, item + 3]);
  const map: GraphStage<Resources, number, number> = defineStage<Resources, number, number>({
    id: "map",
    kind: "graph",
    after: [],
    policy,
    itemPolicy: policy,
    onError: "fail",
    itemOutput: z.int(),
    output: z.int(),
    plan: async () => ({ count: ITEMS, edges }),
    async work(context, item) {
      begun.push(item);
      await context.paid("answer/1", { item }, async () => {
        paid.push(item);
        return { answer: item, usage: { input_tokens: 1, output_tokens: 1 }, model: "test" };
      });
      await new Promise<void>((resolve) => ends.set(item, resolve));
      return item;
    },
    join: async () => ITEMS,
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

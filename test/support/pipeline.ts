/** The smallest pipeline with both kinds of stages: "read", then "map" over a graph that collects failures. */
import { z } from "zod";
import { definePipeline, defineStage, type GraphStage, type Pipeline, type StageContext } from "../../lib/pipeline/define.ts";
import type { CallPolicy, ItemGraph } from "../../lib/schema/pipeline.ts";

/** Does one call, named "read", "map 0", "map 1" and so on. */
export type Piece = (context: StageContext<undefined>, call: string) => Promise<unknown>;

/** `piece` does every call but plan and join; the join gives what became of each item: its call's name, or the code of its failure. */
export function readAndMap({ piece, policy, graph = { count: 0, edges: [] } }: { piece: Piece; policy: CallPolicy; graph?: ItemGraph }): Pipeline<undefined> {
  const work = async (context: StageContext<undefined>, call: string) => {
    await piece(context, call);
    return call;
  };
  const read = defineStage<undefined, string>({ id: "read", kind: "task", after: [], policy, output: z.string(), run: (context) => work(context, "read") });
  const map: GraphStage<undefined, string[], string> = defineStage<undefined, string[], string>({
    id: "map",
    kind: "graph",
    after: ["read"],
    policy,
    itemPolicy: policy,
    onError: "collect",
    itemOutput: z.string(),
    output: z.array(z.string()),
    plan: async () => graph,
    work: (context, index) => work(context, `map ${index}`),
    async join(context) {
      const items = await Promise.all(Array.from({ length: graph.count }, (_, index) => context.item(map, index)));
      return items.map((item) => (item.is === "done" ? item.output : item.code));
    },
  });
  return definePipeline<undefined>({ name: "read-and-map", version: 1, stages: [read, map] });
}

/** A pipeline of one call. */
export function oneCall(policy: CallPolicy, work: (context: StageContext<undefined>) => Promise<unknown>): Pipeline<undefined> {
  const only = defineStage<undefined, string>({
    id: "only",
    kind: "task",
    after: [],
    policy,
    output: z.string(),
    async run(context) {
      await work(context);
      return "done";
    },
  });
  return definePipeline<undefined>({ name: "one-call", version: 1, stages: [only] });
}

/** Stage 3: which output needs which, by the {{variables}} in their prompts. */
import { z } from "zod";
import { buildDigraph, itemGraphOf } from "../lib/agents/digraph.ts";
import { defineStage } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { itemGraphSchema } from "../lib/schema/pipeline.ts";
import { issueSchema } from "../lib/schema/result.ts";
import { questionGraph, requestOf } from "./request.ts";
import type { Resources } from "./resources.ts";

const edgeSchema = z.tuple([z.string(), z.string()]);
const outputSchema = z.object({
  waves: z.array(z.array(z.string())),
  order: z.array(z.string()),
  edges: z.array(edgeSchema),
  cycles: z.array(z.array(z.string())),
  issues: z.array(issueSchema),
  items: itemGraphSchema,
});

export const generateDigraph = defineStage<Resources, z.infer<typeof outputSchema>>({
  id: "generate-digraph",
  kind: "task",
  after: ["chunk-embed"],
  policy: paperPolicy(5, 3),
  output: outputSchema,
  async run(context) {
    const request = requestOf(context);
    const { waves, order, edges, cycles, warnings, nodes } = buildDigraph(request.outputs);
    return {
      waves,
      order,
      edges,
      cycles,
      issues: warnings.map((warning) => ({ ...warning, stage: "generate-digraph" })),
      items: questionGraph(request, itemGraphOf({ nodes, edges })),
    };
  },
});

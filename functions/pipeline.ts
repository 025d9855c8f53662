/** The six stages in order. This list is the product; everything else serves it. */
import { definePipeline } from "../lib/pipeline/define.ts";
import { agenticExtract } from "./agentic-extract.ts";
import { chunkEmbed } from "./chunk-embed.ts";
import { collate } from "./collate.ts";
import { evaluate } from "./evaluate.ts";
import { extractText } from "./extract-text.ts";
import { generateDigraph } from "./generate-digraph.ts";
import type { Resources } from "./resources.ts";

/** The six stages in their order. */
export const promptStudio = definePipeline<Resources>({
  name: "prompt-studio",
  version: 2,
  stages: [extractText, chunkEmbed, generateDigraph, agenticExtract, evaluate, collate],
});

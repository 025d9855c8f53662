/** Stage 4: every output answered, typed, and proven on the page, each as an item of its own along the digraph. */
import { z } from "zod";
import { promptOf } from "../lib/agents/digraph.ts";
import { substituteVariables, variableText } from "../lib/agents/variables.ts";
import { defineStage, type GraphStage, type StageContext } from "../lib/pipeline/define.ts";
import { dependenciesOf } from "../lib/pipeline/item-graph.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import type { Json } from "../lib/schema/json.ts";
import { type Output, outputTypeSchema } from "../lib/schema/request.ts";
import { citationSchema, leafSchema, searchedSchema } from "../lib/schema/result.ts";
import { assemble } from "../lib/structure/assemble.ts";
import { structureOf } from "../lib/structure/output.ts";
import { type Asked, answerWithExtractor, answerWithModel } from "./answering.ts";
import { chunkEmbed } from "./chunk-embed.ts";
import { extractText } from "./extract-text.ts";
import { generateDigraph } from "./generate-digraph.ts";
import { activeOutputs, questionAt, requestOf, settingsOf } from "./request.ts";
import type { Resources } from "./resources.ts";
import { retrieve, searchedOf, strategyOf } from "./retrieving.ts";

/** An output's answer before it is checked. `confidence` (0 to 1) only where the reader has one; `searched` is where it was looked for, and why there. `leaves` are the single values inside of a list, by their pointers in it. */
export const answerSchema = z.object({
  name: z.string(),
  type: outputTypeSchema,
  value: z.json(),
  status: z.enum(["extracted", "absent", "uncertain"]),
  citations: z.array(citationSchema),
  alternatives: z.array(z.json()),
  confidence: z.number().optional(),
  reasoning: z.string(),
  leaves: z.record(z.string(), leafSchema).optional(),
  searched: searchedSchema,
});
export type Answer = z.infer<typeof answerSchema>;

const joinSchema = z.object({ answered: z.int(), failed: z.int() });

export const agenticExtract: GraphStage<Resources, z.infer<typeof joinSchema>, Answer> = defineStage<Resources, z.infer<typeof joinSchema>, Answer>({
  id: "agentic-extract",
  kind: "graph",
  after: ["generate-digraph"],
  policy: paperPolicy(30, 2),
  itemPolicy: paperPolicy(30, 2),
  onError: "collect",
  itemOutput: answerSchema,
  output: joinSchema,
  plan: async (context) => (await context.result(generateDigraph)).items,
  async work(context, index) {
    const request = requestOf(context);
    const settings = settingsOf(context);
    const { output, part } = questionAt(request, index);
    const document = await context.resources.openText((await context.result(extractText)).text);
    const { prompt, given, preface } = await askedBy(context, index);
    const { indexes, indexOf } = await context.result(chunkEmbed);
    const found = await retrieve(context, { output, prompt, document, index: indexes[indexOf[index] ?? 0] });
    const type = output.type ?? part?.type ?? "text";
    const asked: Asked = { output, part, prompt, preface, given, type, document, hits: found.hits, request, contextTokens: settings.contextTokens };
    const llm = context.resources.llm(settings.llm);
    const answer = llm.kind === "extractor" ? answerWithExtractor(llm, asked) : await answerWithModel(llm, asked, context);
    return { ...answer, name: output.name, type, searched: searchedOf(strategyOf(output), found) };
  },
  async join(context) {
    const { items } = await context.result(generateDigraph);
    const results = await Promise.all(Array.from({ length: items.count }, (_, index) => context.item(agenticExtract, index)));
    const answered = results.filter(({ is }) => is === "done").length;
    return { answered, failed: results.length - answered };
  },
});

/**
 * A question as it was put: with the answers of other outputs filled in, which are `given` once more by themselves.
 * `preface` is what the whole output asks for, where the question is a part of it.
 */
export async function askedBy(context: StageContext<Resources>, index: number): Promise<{ prompt: string; given: string[]; preface: string | undefined }> {
  const values = await earlierValues(context, index);
  const given = [...values.values()].filter((value) => value !== null).map(variableText);
  const { output, context: whole } = questionAt(requestOf(context), index);
  const preface = whole === undefined ? undefined : substituteVariables(whole, values);
  return { prompt: substituteVariables(promptOf(output), values), given, preface };
}

/** The values of the outputs that this question depends on, by name. */
async function earlierValues(context: StageContext<Resources>, index: number): Promise<ReadonlyMap<string, Json>> {
  const { items } = await context.result(generateDigraph);
  const request = requestOf(context);
  const found = new Map<number, Map<string, Json>>();
  for (const dependency of dependenciesOf(items, index)) {
    const item = await context.item(agenticExtract, dependency);
    if (item.is !== "done") continue;
    const { owner, part } = questionAt(request, dependency);
    const parts = found.get(owner) ?? new Map<string, Json>();
    found.set(owner, parts.set(part?.pointer ?? "", item.output.value));
  }
  const outputs = activeOutputs(request);
  return new Map([...found].map(([owner, parts]) => [outputs[owner]?.name.trim() ?? "", wholeOf(outputs[owner], parts)]));
}

function wholeOf(output: Output | undefined, parts: ReadonlyMap<string, Json>): Json {
  const structure = output && structureOf(output);
  return (structure ? assemble(structure, parts) : parts.get("")) ?? null;
}

// A pipeline of your own: a text is cut into paragraphs, the words of each are counted by themselves, and the counts are added up.
// node examples/own-pipeline/count-words.mjs [embedded, inngest or celery]
import { createEngine, definePipeline, defineStage, paperPolicy } from "prompt-studio/engine";
import { z } from "zod";

const request = z.object({ text: z.string() });
const policy = paperPolicy(1, 3); // a minute for each attempt, three attempts
const paragraphsOf = (context) => request.parse(context.request).text.split(/\n\n+/);

const count = defineStage({
  id: "count",
  kind: "graph",
  after: [],
  policy,
  itemPolicy: policy,
  onError: "fail",
  plan: async (context) => ({ count: paragraphsOf(context).length, edges: [], inputs: paragraphsOf(context) }),
  itemOutput: z.int(),
  work: async ({ input }) => input.split(/\s+/).filter(Boolean).length,
  output: z.object({ words: z.int() }),
  async join(context) {
    const items = await Promise.all(paragraphsOf(context).map((_, index) => context.item(count, index)));
    return { words: items.reduce((sum, { output }) => sum + output, 0) };
  },
});
const countWords = definePipeline({ name: "count-words", version: 1, request, stages: [count] });

const engine = await createEngine({ engine: process.argv[2], pipelines: [countWords], resources: undefined });
const worker = await engine.work();
const { runId } = await engine.submit(countWords, { request: { text: "Four words are here.\n\nAnd here are five more." } });
const { status, engine: name } = await engine.ended(runId);
console.log(`${status} on ${name}:`, await engine.result(runId, count));
await worker.stop();
await engine.close();

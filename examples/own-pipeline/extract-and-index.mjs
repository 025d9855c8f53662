// Extract a text, ask all prompts at the same time, then make an index of the answers. An answer is paid for once, whatever is killed.
// node examples/own-pipeline/extract-and-index.mjs FILE PROMPT… (TASK_QUEUE_BACKEND says on which engine)
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createEngine, definePipeline, defineStage, paperPolicy } from "prompt-studio/engine";
import { z } from "zod";

const request = z.object({ prompts: z.array(z.string()).min(1) });
const promptsOf = (context) => request.parse(context.request).prompts;
const policy = paperPolicy(1, 3);

const extract = defineStage({
  id: "extract",
  kind: "task",
  after: [],
  policy,
  output: z.object({ text: z.string() }),
  run: async ({ artifacts, document }) => ({ text: Buffer.from(await artifacts.get(document)).toString("utf8") }),
});

const prompt = defineStage({
  id: "prompt",
  kind: "graph",
  after: ["extract"],
  policy,
  itemPolicy: policy,
  onError: "fail",
  plan: async (context) => ({ count: promptsOf(context).length, edges: [], inputs: promptsOf(context) }),
  itemOutput: z.string(),
  async work(context) {
    const { text } = await context.result(extract);
    return context.paid("answer/1", { prompt: context.input }, () => context.resources.ask(context.input, text));
  },
  output: z.record(z.string(), z.string()),
  async join(context) {
    const answers = await Promise.all(promptsOf(context).map(async (name, index) => [name, (await context.item(prompt, index)).output]));
    return Object.fromEntries(answers);
  },
});

const index = defineStage({
  id: "index",
  kind: "task",
  after: ["prompt"],
  policy,
  output: z.record(z.string(), z.array(z.string())),
  async run(context) {
    const words = new Map();
    for (const [name, answer] of Object.entries(await context.result(prompt))) {
      for (const word of new Set(answer.toLowerCase().match(/\p{L}+/gu) ?? [])) words.set(word, [...(words.get(word) ?? []), name]);
    }
    return Object.fromEntries([...words].sort());
  },
});

/** Stands for a model: the first line with the prompt's word in it. */
async function ask(word, text) {
  const line = text.split("\n").find((each) => each.toLowerCase().includes(word.toLowerCase()));
  return { answer: line ?? "", model: "first-line", usage: { input_tokens: text.length, output_tokens: line?.length ?? 0 } };
}

const extractAndIndex = definePipeline({ name: "extract-and-index", version: 1, request, stages: [extract, prompt, index] });
const [path, ...prompts] = process.argv.slice(2);
const engine = await createEngine({ pipelines: [extractAndIndex], resources: { ask } });
const worker = await engine.work();
const document = { bytes: await readFile(path), fileName: basename(path) };
const { runId } = await engine.submit(extractAndIndex, { request: { prompts }, document });
const { status } = await engine.ended(runId);
console.log(status, JSON.stringify(await engine.result(runId, index)));
await worker.stop();
await engine.close();

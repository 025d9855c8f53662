// Many documents, each worked on by itself, then one callback with what came of all: a document that can't be read fails alone.
// node examples/own-pipeline/many-documents.mjs http://localhost:8080/done FILE… (TASK_QUEUE_BACKEND says on which engine)
import { readFile } from "node:fs/promises";
import { createEngine, definePipeline, defineStage, PermanentError, paperPolicy, RetryableError } from "prompt-studio/engine";
import { z } from "zod";

const file = z.object({ name: z.string(), key: z.string(), sha256: z.string(), bytes: z.int() });
const request = z.object({ callback: z.url(), files: z.array(file).min(1) });
const policy = paperPolicy(1, 3);

const read = defineStage({
  id: "read",
  kind: "graph",
  after: [],
  policy,
  itemPolicy: policy,
  onError: "collect", // the others go on
  plan: async (context) => {
    const { files } = request.parse(context.request);
    return { count: files.length, edges: [], inputs: files, labels: files.map(({ name }) => name.slice(0, 24)) };
  },
  itemOutput: z.object({ lines: z.int() }),
  async work({ input, artifacts }) {
    const text = Buffer.from(await artifacts.get(input)).toString("utf8");
    if (text.includes("\0")) throw new PermanentError("document_unreadable", "It is no text.");
    return { lines: text.split("\n").length };
  },
  output: z.array(z.object({ name: z.string(), lines: z.int().optional(), error: z.string().optional() })),
  async join(context) {
    const { files } = request.parse(context.request);
    const items = await Promise.all(files.map((_, index) => context.item(read, index)));
    return items.map((item, index) => ({ name: files[index].name, ...(item.is === "done" ? item.output : { error: item.code }) }));
  },
});

const callback = defineStage({
  id: "callback",
  kind: "task",
  after: ["read"],
  policy,
  output: z.object({ status: z.int() }),
  async run(context) {
    // A kill after the answer, before it is written down, sends it again: the receiver knows it by its run.
    const body = JSON.stringify({ run_id: context.runId, files: await context.result(read) });
    const url = request.parse(context.request).callback;
    const response = await context.resources.fetch(url, { method: "POST", body, signal: context.signal, headers: { "content-type": "application/json" } });
    if (!response.ok) throw new RetryableError("adapter_failed", `The callback answered ${response.status}.`, { status: response.status });
    return { status: response.status };
  },
});

const manyDocuments = definePipeline({ name: "many-documents", version: 1, request, stages: [read, callback] });
const [url, ...paths] = process.argv.slice(2);
const engine = await createEngine({ pipelines: [manyDocuments], resources: { fetch } });
const worker = await engine.work();
const attach = async (path) => ({ name: path, ...(await engine.attach(await readFile(path))) });
const { runId } = await engine.submit(manyDocuments, { request: { callback: url, files: await Promise.all(paths.map(attach)) } });
const { status } = await engine.ended(runId);
console.log(status, JSON.stringify(await engine.result(runId, read)));
await worker.stop();
await engine.close();

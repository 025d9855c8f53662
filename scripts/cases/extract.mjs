// extract: each case is one output with a schema; the prediction is its nested value.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "../ready.mjs";
import { openStudioIn } from "./fields.mjs";
import { caseIds } from "./folder.mjs";
import { compareLeaves, leavesReport } from "./leaves.mjs";
import { productModule } from "./product.mjs";

/** Any large model reads so much at once. */
const CONTEXT_TOKENS = 128_000;

/** The reader of this repository that knows the answers: its address, and how to stop it. */
async function startReader(dir) {
  const child = spawn(process.execPath, [join(root, "test", "cases", "nested-reader.mjs"), "--dir", resolve(dir)], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((done, failed) => {
    child.stdout.once("data", (data) => done(String(data)));
    child.once("exit", (code) => failed(new Error(`the reader ended with ${code}`)));
  });
  return { url: JSON.parse(line).url, stop: () => child.kill() };
}

/** The schema of a case: a file that its spec names, or the schema itself. */
function schemaOf(case_, { schema = "schema.json" }) {
  return typeof schema === "string" ? JSON.parse(case_.text(schema)) : schema;
}

/** The predictions of a folder's cases. With `compare` the answers are opened, too, after a case's prediction is made. */
export async function extract(options) {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-cases-"));
  const own = options.reader === "own" ? await startReader(options.dir) : undefined;
  const reader = own?.url ?? options.reader;
  if (reader !== undefined) {
    const models = caseIds(options.dir, "extract").map((id) => [
      id,
      { kind: "openai", model: `extract/${id}`, baseUrl: reader, contextTokens: CONTEXT_TOKENS },
    ]);
    writeFileSync(join(folder, "prompt-studio.config.json"), JSON.stringify({ adapters: { llm: Object.fromEntries(models) } }));
  }
  const studio = await openStudioIn(folder, undefined);
  const { readStructure } = await productModule("lib/schema/structure");
  const compared = [];
  return {
    async answer(case_) {
      const { path, fileName } = case_.document();
      const [asked = {}] = case_.spec().outputs ?? [];
      const outputs = [{ name: "document", prompt: asked.prompt ?? "Extract the document.", schema: schemaOf(case_, asked) }];
      const settings = reader === undefined ? {} : { tool_settings: { llm: case_.id } };
      const { runId } = await studio.submit({ document: resolve(path), fileName, request: { outputs, ...settings } });
      const [view] = await studio.work([runId]);
      if (view.status === "failed") throw new Error(`${view.error?.code}: ${view.error?.message}`);
      const { value } = (await studio.result(runId)).outputs.document;
      if (options.compare) {
        const { node } = readStructure(schemaOf(case_, asked));
        compared.push({ id: case_.id, ...compareLeaves(node, JSON.parse(case_.text("expected.json")).gold, value) });
      }
      return value;
    },
    report: () => (options.compare ? `\n${leavesReport(compared)}` : ""),
    async close() {
      await studio.close();
      own?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

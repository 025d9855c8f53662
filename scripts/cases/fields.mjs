// fields and absent: each case is one run through the whole pipeline, in this process.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { productModule } from "./product.mjs";

const AT_ONCE = 3;

/** The other wordings: question to question. Empty when none are asked for. */
function wordingsOf(options) {
  if (options.paraphrase === undefined) return {};
  const path = options.paraphrases ?? join(options.dir, "..", "paraphrases.json");
  if (!existsSync(path)) throw new Error(`there is no ${path}; name the file of other wordings with --paraphrases`);
  const place = options.paraphrase === "A" ? 0 : 1;
  return Object.fromEntries(Object.entries(JSON.parse(readFileSync(path, "utf8"))).map(([question, others]) => [question, others[place]]));
}

/** Opens a studio over a store in a new folder, with that folder's settings. Those of the folder where this runs don't count. */
export async function openStudioIn(folder, reader) {
  if (reader !== undefined) Object.assign(process.env, { OPENAI_BASE_URL: reader, OPENAI_API_KEY: "none" });
  const { openStudio } = await productModule("inngest.config");
  const home = process.cwd();
  process.chdir(folder);
  try {
    return await openStudio({ llm: reader === undefined ? "local" : "openai", storeLocation: join(folder, "store"), interactive: true });
  } finally {
    process.chdir(home);
  }
}

/** What is asked of a case, with names that say nothing, and the names to go back to. */
function questionsOf(spec, wordings) {
  const names = new Map(spec.outputs.map(({ name }, index) => [`f${index + 1}`, name]));
  const outputs = spec.outputs.map(({ type, prompt }, index) => ({ name: `f${index + 1}`, type, prompt: wordings[prompt] ?? prompt }));
  return { names, outputs };
}

async function openRuns(options) {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-cases-"));
  const wordings = wordingsOf(options);
  const studio = await openStudioIn(folder, options.reader);
  const used = { documents: 0, input_tokens: 0, output_tokens: 0 };
  return {
    atOnce: AT_ONCE,
    async answer(case_) {
      const { path, fileName } = case_.document();
      const { names, outputs } = questionsOf(case_.spec(), wordings);
      const settings = options.reader === undefined ? {} : { tool_settings: { llm: `openai:${case_.key}` } };
      const { runId } = await studio.submit({ document: resolve(path), fileName, request: { outputs, ...settings } });
      const [view] = await studio.work([runId]);
      if (view.status === "failed") throw new Error(`${view.error?.code}: ${view.error?.message}`);
      const result = await studio.result(runId);
      used.documents++;
      for (const key of ["input_tokens", "output_tokens"]) used[key] += view.usage[key];
      return Object.fromEntries(
        Object.entries(result.outputs).map(([name, { value, grade }]) => [names.get(name), value === null || value === undefined ? null : { value, grade }]),
      );
    },
    async close() {
      await studio.close();
      rmSync(folder, { recursive: true, force: true });
    },
    report() {
      if (used.input_tokens === 0) return "";
      const each = (count) => Math.round(count / used.documents);
      return `; ${each(used.input_tokens)} tokens in and ${each(used.output_tokens)} out a document`;
    },
  };
}

export const fields = openRuns;
export const absent = openRuns;

/** The product itself on the engine: the six stages over a real document. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { promptStudio } from "../../../functions/pipeline.ts";
import type { RunSettings } from "../../../functions/resources.ts";
import type { Json } from "../../../lib/schema/json.ts";
import { type RunResult, runResultSchema } from "../../../lib/schema/result.ts";
import { createTestResources } from "../../support/resources.ts";
import type { Bench, Started } from "./bench.ts";
import type { EngineTest } from "./subject.ts";

const INVOICE = join(import.meta.dirname, "..", "..", "..", "examples", "invoice");
const SETTINGS: RunSettings = {
  llm: "local",
  model: "local",
  contextTokens: 8_000,
  embedding: "local",
  vectorDatabase: "local",
  textExtractor: "builtin",
  needsPassword: false,
};

/** What must not depend on the engine. */
function comparable({ outputs, execution_summary: summary, status }: RunResult) {
  const values = Object.entries(outputs).map(([name, { value, status: state, citations, scores }]) => [name, { value, status: state, citations, scores }]);
  return { status, outputs: Object.fromEntries(values), waves: summary.waves, cycles: summary.cycles };
}

async function resultOn(bench: Bench, process: Started, runId: string) {
  const request = JSON.parse(await readFile(join(INVOICE, "prompts.json"), "utf8")) as Json;
  const document = await readFile(join(INVOICE, "invoice.pdf"));
  const dispatch = await bench.accept(process, promptStudio, runId, { request, settings: { ...SETTINGS }, document, fileName: "invoice.pdf" });
  await process.engine.submit([dispatch]);
  await bench.endOf(dispatch, 100_000);
  const result = runResultSchema.parse((await bench.result(dispatch, "collate"))?.output);
  return { ...comparable(result as RunResult), digraph: (await bench.result(dispatch, "generate-digraph"))?.output };
}

export const promptStudioTests: readonly EngineTest[] = [
  {
    name: "gives the values, citations, scores and digraph of a real document that the embedded engine gives",
    timeoutMs: 240_000,
    async run(bench) {
      const resources = createTestResources(bench.store);
      const own = await bench.startWith(promptStudio, resources);
      const embedded = await bench.startWith(promptStudio, resources, { embedded: true });
      const expected = await resultOn(bench, embedded, "embedded");
      expect(Object.keys(expected.outputs).length).toBeGreaterThan(5);
      expect(await resultOn(bench, own, "own")).toEqual(expected);
    },
  },
];

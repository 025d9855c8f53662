// Every family of cases: how the product answers one case of it.
import { performance } from "node:perf_hooks";
import { faithfulness, pii, toxicity } from "./checks.mjs";
import { chunk } from "./chunk.mjs";
import { robust, tables, text } from "./documents.mjs";
import { extract } from "./extract.mjs";
import { absent, fields } from "./fields.mjs";
import { openCase } from "./folder.mjs";
import { graph } from "./graph.mjs";
import { retrieval } from "./retrieval.mjs";

/** A family is `open(options)`, which gives `answer(case)`, and maybe `atOnce`, `close()` and `report()`. An `open` that gives undefined is not built yet. */
export const FAMILIES = { fields, absent, extract, text, tables, robust, chunk, graph, pii, retrieval, toxicity, faithfulness };

const PROGRESS_EVERY_MS = 2_000;

/** The predictions for these cases. A case that fails is counted and has no prediction. */
export async function runFamily(family, ids, options) {
  const started = performance.now();
  const opened = await FAMILIES[family](options);
  if (opened === undefined) {
    console.error(`${family}: not built in this version`);
    return {};
  }
  const predictions = {};
  const failures = [];
  const waiting = [...ids];
  let last = 0;
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        predictions[`${family}/${id}`] = await opened.answer(openCase(options.dir, family, id));
      } catch (error) {
        failures.push(id);
        console.error(`${family}/${id}: ${String(error?.message ?? error).slice(0, 300)}`);
      }
      if (performance.now() - last > PROGRESS_EVERY_MS) {
        last = performance.now();
        console.error(`${family}: ${ids.length - waiting.length} of ${ids.length}`);
      }
    }
  };
  await Promise.all(Array.from({ length: opened.atOnce ?? 1 }, worker));
  await opened.close?.();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`${family}: ${ids.length} cases in ${seconds} s${failures.length > 0 ? `, ${failures.length} failed` : ""}${opened.report?.() ?? ""}`);
  return predictions;
}

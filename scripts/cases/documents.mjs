// text and robust: what the text extractor makes of a file, each file in its guarded thread.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { productModule } from "./product.mjs";

const DEADLINE_MS = 18_000;
const MEMORY_MB = 2_048;
const NO_LIMIT = 1e9;
const OUTCOMES = { document_encrypted: "password", document_password_wrong: "password", document_empty: "empty", document_without_text: "empty" };

async function openExtractor() {
  const { createBuiltinExtractor } = await productModule("lib/adapters/x2text/builtin");
  const extractor = createBuiltinExtractor({ deadlineMs: DEADLINE_MS, memoryLimitMb: MEMORY_MB });
  return (case_) => {
    const { path, fileName } = case_.document();
    const { password } = case_.spec();
    const limits = { maximumPages: NO_LIMIT, maximumTextBytes: NO_LIMIT };
    const input = { bytes: readFileSync(path), fileName, ...limits, ...(password === undefined ? {} : { password }) };
    return extractor.extract(input, { signal: new AbortController().signal });
  };
}

/** The reading view of each document. */
export async function text() {
  const extract = await openExtractor();
  return { answer: async (case_) => (await extract(case_)).reading.text };
}

/** What becomes of each file: text, empty, password or error, and how long it took. Another kind of error is a failure of ours. */
export async function robust() {
  const extract = await openExtractor();
  return {
    async answer(case_) {
      const started = performance.now();
      const ms = () => Math.round(performance.now() - started);
      try {
        const document = await extract(case_);
        const { text: words } = document.reading;
        return { outcome: words.trim() === "" ? "empty" : "text", text: words, ms: ms() };
      } catch (error) {
        if (error?.name !== "PermanentError" || typeof error.code !== "string") throw error;
        return { outcome: OUTCOMES[error.code] ?? "error", code: error.code, ms: ms() };
      }
    },
  };
}

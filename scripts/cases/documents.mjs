// text, tables and robust: what the text extractor makes of a file, each file in its guarded thread.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { productModule } from "./product.mjs";

const DEADLINE_MS = 18_000;
const MEMORY_MB = 2_048;
const NO_LIMIT = 1e9;
const OUTCOMES = { document_encrypted: "password", document_password_wrong: "password", document_empty: "empty", document_without_text: "empty" };

async function openExtractor(options = {}) {
  const { createBuiltinExtractor } = await productModule("lib/adapters/x2text/builtin");
  const extractor = createBuiltinExtractor({ deadlineMs: DEADLINE_MS, memoryLimitMb: MEMORY_MB, ...options });
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

/** What becomes of each file: text, empty, password or error, and how long it took. Another kind of error is a failure of ours. What is asked is what the file says, not what a picture in it shows: scans are not recognised. */
export async function robust() {
  const extract = await openExtractor({ recognition: false });
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

/** The tables of the asked pages. One that goes over several pages is given a page at a time, with its headings where they are printed. */
export async function tables() {
  const extract = await openExtractor();
  const { tablesOf } = await productModule("lib/document/tables/tables");
  const { textRows } = await productModule("lib/document/tables/table");
  return {
    async answer(case_) {
      const found = tablesOf(await extract(case_));
      const wanted = new Set(case_.spec().outputs?.flatMap(({ pages }) => pages ?? []));
      const parts = found.flatMap((table) =>
        [...new Set(table.rows.map(({ page }) => page))].map((page) => ({ page, rows: textRows(table, rowsOn(table, page)) })),
      );
      return { tables: parts.filter(({ page }) => wanted.size === 0 || wanted.has(page)) };
    },
  };
}

function rowsOn(table, page) {
  const headings = page > table.pages[0] && table.headingPages.includes(page) ? table.rows.filter(({ kind }) => kind === "heading") : [];
  return [...headings, ...table.rows.filter((row) => row.page === page)];
}

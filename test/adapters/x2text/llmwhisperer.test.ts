import { describe, expect, it } from "vitest";
import { createLlmWhisperer } from "../../../lib/adapters/x2text/llmwhisperer.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { INPUT, PAGES, readThrough, textExtractorConformance } from "../../conformance/text-extractor.ts";
import { extractionContext, newLedger } from "../../support/adapter-context.ts";
import type { Reply } from "../../support/service.ts";
import { startJobs } from "./jobs-double.ts";

const KEY = "whisper-key-1";
const HEIGHT = 1_000;

/** Numbered lines with a separator after each page, and of each line its page, base, height and page height. */
function result(): Reply {
  const lines: string[] = [];
  const places: number[][] = [];
  for (const [page, own] of PAGES.entries()) {
    for (const [row, line] of [...own, "", "<<<\f"].entries()) {
      lines.push(`0x${(lines.length + 1).toString(16).toUpperCase().padStart(2, "0")}: ${line}`);
      places.push(row < own.length ? [page, 100 * (row + 1), 20, HEIGHT] : [0, 0, 0, 0]);
    }
  }
  return { json: { result_text: lines.join("\n"), line_metadata: places, confidence_metadata: [], metadata: {}, webhook_metadata: "" } };
}

/** LLMWhisperer's v2 interface, as far as it is used: a result can be fetched once, after that it is "already delivered". */
function start() {
  const delivered = new Set<string>();
  return startJobs((request, jobs) => {
    const id = request.query.get("whisper_hash") ?? "";
    if (request.headers["unstract-key"] !== KEY) return { status: 401, json: { message: "Invalid API key" } };
    if (request.path.endsWith("/get-usage-info")) return { json: { monthly_quota: 1000 } };
    if (request.path.endsWith("/whisper"))
      return jobs.submit((hash) => ({ status: 202, json: { message: "Whisper Job Accepted", status: "processing", whisper_hash: hash } }));
    if (request.path.endsWith("/whisper-status")) {
      const state = delivered.has(id) ? "lost" : jobs.stateOf(id);
      if (state === "failed") return { json: { status: "error", message: jobs.script.failure, detail: [] } };
      return { json: { status: { working: "processing", ready: "processed", lost: "retrieved" }[state], message: "", detail: [] } };
    }
    if (delivered.has(id)) return { status: 400, json: { message: "Whisper already delivered" } };
    delivered.add(id);
    return result();
  });
}

const create = (baseUrl: string) => createLlmWhisperer({ instance: "forms", baseUrl, apiKey: KEY, keyHint: "LLMWHISPERER_API_KEY", mode: "table" });

textExtractorConformance({ name: "llmwhisperer", source: "llmwhisperer", start, create, places: true });
badServiceConformance({
  name: "text extractor llmwhisperer",
  source: "llmwhisperer",
  ask: (url, signal) => create(url).extract(INPUT, extractionContext(newLedger(), { signal })),
});

describe("LLMWhisperer", () => {
  it("is told the mode, the pages and to number lines; the key stays out of the ledger", async () => {
    const service = await start();
    const ledger = newLedger();
    await readThrough(create(`${service.url}/api/v2`), ledger, {
      ...INPUT,
      pages: [
        [1, 1],
        [2, 2],
      ],
    });
    await service.close();
    expect(service.requests[0]?.path).toBe("/api/v2/whisper");
    expect(Object.fromEntries(service.requests[0]?.query ?? [])).toMatchObject({
      mode: "table",
      output_mode: "layout_preserving",
      pages_to_extract: "1,2",
      add_line_nos: "true",
    });
    expect(service.requests[0]?.body.equals(INPUT.bytes)).toBe(true);
    expect(JSON.stringify([...ledger.entries])).not.toContain(KEY);
  });

  it("keeps columns apart, and puts words where the line and the column say", async () => {
    const service = await start();
    const { document } = await readThrough(create(service.url));
    await service.close();
    expect(document.layout.text).toContain("Total    1,249.50 EUR");
    const total = document.words.find(({ text }) => text === "Total");
    expect(total?.box).toEqual({ left: 0, top: 0.18, width: 0.2381, height: 0.02 });
  });

  it("a result whose answer broke off is asked for anew", async () => {
    const service = await start();
    let broken = true;
    const ledger = newLedger();
    const extractor = create(service.url);
    const context = extractionContext(ledger);
    const failing = {
      ...context,
      kept: {
        ...context.kept,
        put: async (name: string, body: Uint8Array | AsyncIterable<Uint8Array>) => {
          if (!broken) return context.kept.put(name, body);
          broken = false;
          throw new Error("the store is gone");
        },
      },
    };
    await expect(extractor.extract(INPUT, failing)).rejects.toThrow();
    await extractor.extract(INPUT, extractionContext(ledger));
    await service.close();
    expect(service.requests.filter(({ path }) => path === "/whisper")).toHaveLength(2);
    expect([...ledger.entries.values()].map(({ usage }) => usage.possibly_billed_twice ?? 0)).toEqual([0, 0, 0, 1]);
  });
});

/** What an adapter is given in tests: a ledger in memory that behaves as the real one does. */
import type { AdapterContext, ExtractionContext } from "../../lib/adapters/contract.ts";
import type { Json } from "../../lib/schema/json.ts";
import { canonicalJson } from "../../lib/schema/json.ts";
import type { Usage } from "../../lib/schema/result.ts";

export interface Entry {
  key: string;
  request: Json;
  answer: Json;
  usage: Usage;
  model: string;
}

/** A ledger that several contexts may share, as the attempts of one call do. */
export interface TestLedger {
  entries: Map<string, Entry>;
  kept: Map<string, Uint8Array>;
}

export const newLedger = (): TestLedger => ({ entries: new Map(), kept: new Map() });

export function adapterContext(ledger = newLedger(), signal: AbortSignal = new AbortController().signal): AdapterContext {
  return {
    signal,
    async paid(key, request, perform) {
      const place = canonicalJson({ key, request });
      const known = ledger.entries.get(place);
      if (known) return known.answer as never;
      const { answer, usage, model } = await perform();
      ledger.entries.set(place, { key, request, answer, usage, model });
      return answer;
    },
  };
}

export function extractionContext(ledger = newLedger(), more: { signal?: AbortSignal; state?: unknown } = {}): ExtractionContext {
  return {
    ...adapterContext(ledger, more.signal),
    state: more.state ?? null,
    kept: {
      get: async (name) => ledger.kept.get(name),
      async put(name, body) {
        const parts: Uint8Array[] = [];
        if (body instanceof Uint8Array) parts.push(body);
        else for await (const part of body) parts.push(part);
        if (!ledger.kept.has(name)) ledger.kept.set(name, Buffer.concat(parts));
      },
    },
  };
}

/** What every embedding must do. One suite; each embedding's test calls it. */
import { describe, expect, it } from "vitest";
import type { EmbeddingAdapter } from "../../lib/adapters/contract.ts";
import { adapterContext, newLedger } from "../support/adapter-context.ts";

const TEXTS = ["The invoice is due on 3 May.", "Grüße aus Köln", "発行日 2026年5月3日", "", "a".repeat(50_000)];

/** Runs the suite against one embedding. */
export function embeddingConformance(subject: { name: string; setup: () => Promise<{ embedding: EmbeddingAdapter; teardown?: () => Promise<void> }> }): void {
  const use = async <T>(work: (embedding: EmbeddingAdapter) => Promise<T>): Promise<T> => {
    const { embedding, teardown } = await subject.setup();
    try {
      return await work(embedding);
    } finally {
      await teardown?.();
    }
  };

  describe(`embedding: ${subject.name}`, () => {
    it("gives each text a vector of its length, in the order of the texts, whatever they hold", () =>
      use(async (embedding) => {
        const vectors = await embedding.embed(TEXTS, adapterContext());
        expect(vectors.map((vector) => vector.length)).toEqual(TEXTS.map(() => embedding.dimensions));
        expect(vectors.every((vector) => vector.every(Number.isFinite))).toBe(true);
        const backwards = await embedding.embed([...TEXTS].reverse(), adapterContext());
        expect([...backwards].reverse()).toEqual(vectors);
      }));

    it("asks nothing for no texts", () =>
      use(async (embedding) => {
        const ledger = newLedger();
        expect(await embedding.embed([], adapterContext(ledger))).toEqual([]);
        expect(ledger.entries.size).toBe(0);
      }));

    it("says how far it can be trusted, and names its model without secrets", () =>
      use(async ({ quality, model }) => {
        expect(quality).toBeGreaterThanOrEqual(0);
        expect(quality).toBeLessThanOrEqual(1);
        expect(model).toMatch(/^[\w./:-]+$/);
      }));
  });
}

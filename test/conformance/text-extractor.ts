/** What every text extractor over a service must do. One suite; each extractor's test calls it with a double of its service. */
import { describe, expect, it } from "vitest";
import type { ExtractionInput, TextExtractor } from "../../lib/adapters/contract.ts";
import { Pending } from "../../lib/pipeline/define.ts";
import type { DocumentText } from "../../lib/schema/document.ts";
import { PermanentError, RetryableError } from "../../lib/schema/errors.ts";
import { faults } from "../document/support/pdf.ts";
import { extractionContext, newLedger, type TestLedger } from "../support/adapter-context.ts";
import type { Reply, TestService } from "../support/service.ts";

/** How a double behaves; each field is used up, or stays, as it says. */
export interface Script {
  /** How often a job is still worked on when it is asked about. Not for services that answer at once. */
  polls: number;
  /** Answers to the next submissions, instead of taking them. */
  refusals: Reply[];
  /** How many of the next results get lost: the service has given them away, and nobody has them. */
  losses: number;
  /** Why the job fails; undefined: it doesn't. */
  failure: string | undefined;
}

export interface DoubledService extends TestService {
  script: Script;
  /** How many documents it has taken. */
  submissions(): number;
}

export const newScript = (): Script => ({ polls: 0, refusals: [], losses: 0, failure: undefined });

/** The pages that every double gives, as lines of text. */
export const PAGES: readonly (readonly string[])[] = [
  ["Invoice 4711", "Total    1,249.50 EUR"],
  ["Terms of payment", "Due in 30 days"],
];

export const INPUT: ExtractionInput = { bytes: Buffer.from("%PDF-1.7 a document"), fileName: "invoice.pdf", maximumPages: 10, maximumTextBytes: 100_000 };

/** Reads as a call does: an attempt that waits comes back with what it left. Answers also with how often it waited. */
export async function readThrough(
  extractor: TextExtractor,
  ledger: TestLedger = newLedger(),
  input = INPUT,
): Promise<{ document: DocumentText; waits: number[] }> {
  const waits: number[] = [];
  let state: unknown = null;
  for (;;) {
    try {
      return { document: await extractor.extract(input, extractionContext(ledger, { state })), waits };
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      waits.push(error.afterMs);
      // What is kept between attempts is JSON.
      state = JSON.parse(JSON.stringify(error.state));
    }
  }
}

const usageOf = (ledger: TestLedger) => [...ledger.entries.values()].reduce((sum, { usage }) => sum + (usage.possibly_billed_twice ?? 0), 0);

export interface TextExtractorSubject {
  name: string;
  source: string;
  start(): Promise<DoubledService>;
  create(url: string): TextExtractor;
  /** Whether the service says where text is; whether it answers at once; whether its result can be fetched once only. */
  places: boolean;
  immediate?: boolean;
  once?: boolean;
}

/** Runs the suite against one extractor. */
export function textExtractorConformance(subject: TextExtractorSubject): void {
  const use = async (work: (service: DoubledService, extractor: TextExtractor) => Promise<void>) => {
    const service = await subject.start();
    try {
      await work(service, subject.create(service.url));
    } finally {
      await service.close();
    }
  };

  describe(`text extractor: ${subject.name}`, () => {
    it("gives pages and words in order, in both views, with the places that the service knows", () =>
      use(async (_, extractor) => {
        const { document } = await readThrough(extractor);
        expect(faults(document)).toEqual([]);
        expect(document.parser).toBe(extractor.parser);
        expect(document.words.map(({ text }) => text)).toEqual(PAGES.flat().flatMap((line) => line.split(/\s+/)));
        expect(document.pages.map(({ number }) => number)).toEqual([1, 2]);
        expect(document.words.map(({ page }) => page)).toEqual(PAGES.flatMap((lines, page) => lines.flatMap((line) => line.split(/\s+/)).map(() => page + 1)));
        expect(document.words.every(({ box }) => (box !== undefined) === subject.places)).toBe(true);
        expect(document.kind).toBe("pages");
        const [first] = document.pages;
        expect(document.reading.text.slice(first?.reading[0], first?.reading[1])).toMatch(/^Invoice 4711\s+Total 1,249\.50 EUR$/);
      }));

    it("pays once, and asks nothing more for what is there", () =>
      use(async (service, extractor) => {
        const ledger = newLedger();
        const first = await readThrough(extractor, ledger);
        const asked = service.requests.length;
        expect((await readThrough(extractor, ledger)).document).toEqual(first.document);
        expect([service.requests.length, service.submissions(), usageOf(ledger)]).toEqual([asked, 1, 0]);
      }));

    it("waits for a slow service without holding anything", () =>
      use(async (service, extractor) => {
        service.script.polls = 4;
        const { waits } = await readThrough(extractor);
        expect(waits).toEqual(subject.immediate ? [] : [1_000, 1_500, 2_250, 3_375]);
        expect(service.submissions()).toBe(1);
      }));

    it("a busy service is tried again, and that isn't counted as paid twice", () =>
      use(async (service, extractor) => {
        service.script.refusals = [{ status: 429, headers: { "retry-after": "3" }, json: { message: "slow down" } }];
        const ledger = newLedger();
        const failure = await readThrough(extractor, ledger).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(RetryableError);
        expect(failure).toMatchObject({ code: "adapter_rate_limited", status: 429, retryAfterMs: 3_000, source: subject.source });
        await readThrough(extractor, ledger);
        expect([service.submissions(), usageOf(ledger)]).toEqual([1, 0]);
      }));

    it("an answer that got lost on the way is counted as possibly paid twice", () =>
      use(async (service, extractor) => {
        service.script.refusals = [(response) => void response.destroy()];
        const ledger = newLedger();
        await expect(readThrough(extractor, ledger)).rejects.toMatchObject({ name: "RetryableError", code: "adapter_unreachable" });
        await readThrough(extractor, ledger);
        await readThrough(extractor, ledger);
        expect([service.submissions(), usageOf(ledger)]).toEqual([1, 1]);
      }));

    it("a result that was given away, or has expired, is asked for anew and counted", () =>
      use(async (service, extractor) => {
        if (subject.immediate) return expect(service.script.losses).toBe(0);
        service.script.losses = 2;
        const ledger = newLedger();
        await readThrough(extractor, ledger);
        expect([service.submissions(), usageOf(ledger)]).toEqual([3, 2]);
      }));

    it("a service that always loses it comes to an end", () =>
      use(async (service, extractor) => {
        if (subject.immediate) return expect(service.script.losses).toBe(0);
        service.script.losses = 1_000;
        await expect(readThrough(extractor)).rejects.toMatchObject({ name: "PermanentError", message: expect.stringContaining("lost the document 8 times") });
      }));

    it("a document that it can't read is an error that says why, and is not tried again", () =>
      use(async (service, extractor) => {
        service.script.failure = "the page is torn";
        const failure = await readThrough(extractor).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(PermanentError);
        expect(String(failure)).toContain("the page is torn");
      }));

    it("keeps to the limits", () =>
      use(async (_, extractor) => {
        const wanted = { name: "PermanentError", code: "limit_exceeded", message: expect.stringContaining("invoice.pdf") };
        await expect(readThrough(extractor, newLedger(), { ...INPUT, maximumPages: 1 })).rejects.toMatchObject(wanted);
        await expect(readThrough(extractor, newLedger(), { ...INPUT, maximumTextBytes: 20 })).rejects.toMatchObject(wanted);
      }));

    it("passes its own check", () => use(async (_, extractor) => extractor.check?.(new AbortController().signal)));
  });
}

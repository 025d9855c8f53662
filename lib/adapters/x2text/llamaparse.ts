/** LlamaParse (v1 of its parsing interface): items of each page with their boxes. */
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import { sha256 } from "../../schema/json.ts";
import type { TextExtractor } from "../contract.ts";
import { ask, askJson, askJsonOrNone, parseAnswer, type Service } from "../http.ts";
import { boundedMessage } from "../http-errors.ts";
import type { SettingsOf } from "../settings.ts";
import { runJob } from "./job.ts";
import { blocksOfText, boxOf, documentOfPages, formWith, type Part, rangesText, type ServicePage } from "./pages.ts";

const SOURCE = "llamaparse";
const DEFAULT_BASE_URL = "https://api.cloud.llamaindex.ai";
const UPLOAD_MS = 300_000;
const RESULT_BYTES = 256 * 1024 ** 2;
const CHECK_MS = 10_000;
const NO_JOB = "00000000-0000-4000-8000-000000000000";

/** Where, and how documents are read; see docs/adapters.md. */
export interface LlamaParseOptions extends Omit<SettingsOf<"x2text", "llamaparse">, "kind" | "apiKeyEnv"> {
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

const jobSchema = z.object({ id: z.string().min(1), status: z.string(), error_message: z.string().nullish() });
const itemSchema = z.object({
  type: z.string(),
  value: z.string().nullish(),
  md: z.string().nullish(),
  rows: z.array(z.array(z.string().nullable())).nullish(),
  bBox: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }).nullish(),
});
const resultSchema = z.object({
  pages: z.array(
    z.object({
      page: z.int().min(1),
      text: z.string().nullish(),
      md: z.string().nullish(),
      width: z.number().nullish(),
      height: z.number().nullish(),
      items: z.array(itemSchema).nullish(),
    }),
  ),
});

/** A text extractor over LlamaParse. */
export function createLlamaParse({ instance, apiKey, keyHint, baseUrl = DEFAULT_BASE_URL, mode = "default" }: LlamaParseOptions): TextExtractor {
  const service: Service = { source: SOURCE, baseUrl, headers: { authorization: `Bearer ${apiKey}` }, secret: apiKey, keyHint };
  const parser = `${SOURCE}-1/${mode}`;
  const place = "/api/v1/parsing";
  return {
    instance,
    parser,
    async extract(input, context) {
      const { signal } = context;
      const values = {
        target_pages: rangesText(input.pages, 0),
        language: input.language,
        fast_mode: mode === "fast" ? true : undefined,
        premium_mode: mode === "premium" ? true : undefined,
      };
      const bytes = await runJob(
        {
          source: SOURCE,
          request: { instance, document: sha256(input.bytes), mode, pages: values.target_pages ?? null, language: input.language ?? null },
          async submit() {
            const request = { method: "POST", path: `${place}/upload`, body: formWith("file", input, values), signal, timeoutMs: UPLOAD_MS } as const;
            return (await askJson(service, request, jobSchema)).id;
          },
          async poll(id) {
            const job = await askJsonOrNone(service, { method: "GET", path: `${place}/job/${encodeURIComponent(id)}`, signal }, jobSchema);
            if (job === undefined) return "lost";
            if (job.status === "SUCCESS" || job.status === "PARTIAL_SUCCESS") return "ready";
            if (job.status === "PENDING") return "working";
            const why = boundedMessage(job.error_message ?? job.status, apiKey);
            throw new PermanentError("adapter_failed", `${SOURCE} could not read ${input.fileName}: ${why}.`);
          },
          retrieve: (id, keep) =>
            ask(
              service,
              {
                method: "GET",
                path: `${place}/job/${encodeURIComponent(id)}/result/json`,
                signal,
                timeoutMs: UPLOAD_MS,
                maximumBytes: RESULT_BYTES,
                accept: [404],
              },
              async ({ status, body }) => (status === 404 ? "lost" : keep(body).then(() => "kept" as const)),
            ),
        },
        context,
      );
      return documentOfPages(pagesOf(parseAnswer(service, Buffer.from(bytes).toString("utf8"), resultSchema)), parser, input);
    },
    async check(signal) {
      // A job that doesn't exist is 404 for whoever has a key.
      await ask(service, { method: "GET", path: `${place}/job/${NO_JOB}`, signal, timeoutMs: CHECK_MS, accept: [404, 422] }, async () => undefined);
    },
  };
}

function pagesOf({ pages }: z.infer<typeof resultSchema>): ServicePage[] {
  return pages.map(({ page: number, width, height, items, text, md }) => {
    const size = { width: width ?? 0, height: height ?? 0 };
    const blocks: Part[][][] = (items ?? []).flatMap(({ value, md: markdown, rows, bBox }) => {
      const box = bBox ? boxOf({ left: bBox.x, top: bBox.y, right: bBox.x + bBox.w, bottom: bBox.y + bBox.h }, size) : undefined;
      if (rows && rows.length > 0) return [rows.map((row) => row.map((cell) => ({ text: cell ?? "", box })))];
      return blocksOfText(value ?? markdown ?? "", box);
    });
    return { number, ...size, blocks: blocks.length > 0 ? blocks : blocksOfText(text ?? md ?? "") };
  });
}

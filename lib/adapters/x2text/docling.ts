/** docling-serve: texts and table cells with their boxes, from a server of one's own. */
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import { sha256 } from "../../schema/json.ts";
import type { TextExtractor } from "../contract.ts";
import { ask, askJson, askJsonOrNone, parseAnswer, type Service } from "../http.ts";
import { boundedMessage } from "../http-errors.ts";
import type { SettingsOf } from "../settings.ts";
import { doclingSchema, pagesOfDocling } from "./docling-document.ts";
import { runJob } from "./job.ts";
import { documentOfPages, formWith } from "./pages.ts";

const SOURCE = "docling";
const UPLOAD_MS = 300_000;
const RESULT_BYTES = 256 * 1024 ** 2;
const CHECK_MS = 5_000;

/** Where, and how documents are read; see docs/adapters.md. */
export interface DoclingOptions extends Omit<SettingsOf<"x2text", "docling">, "kind" | "apiKeyEnv"> {
  /** "" where the server needs none. */
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

const taskSchema = z.object({ task_id: z.string().min(1), task_status: z.string(), error_message: z.string().nullish() });
const resultSchema = z.object({
  status: z.string(),
  errors: z.array(z.looseObject({ error_message: z.string().nullish() })).nullish(),
  document: z.object({ json_content: doclingSchema.nullish() }),
});

/** A text extractor over docling-serve (v1). The server forgets a result soon after it was fetched, so it is stored as it comes. */
export function createDocling({ instance, url, apiKey, keyHint, ocr = true, forceOcr = false, tableMode = "accurate" }: DoclingOptions): TextExtractor {
  const service: Service = { source: SOURCE, baseUrl: url, headers: apiKey === "" ? {} : { "x-api-key": apiKey }, secret: apiKey, keyHint };
  const settings = { do_ocr: ocr, force_ocr: forceOcr, table_mode: tableMode };
  const parser = `${SOURCE}-1/${tableMode}${ocr ? "" : "-no-ocr"}${forceOcr ? "-force-ocr" : ""}`;
  return {
    instance,
    parser,
    async extract(input, context) {
      const { signal } = context;
      const failed = (why: string) => new PermanentError("adapter_failed", `${SOURCE} could not read ${input.fileName}: ${boundedMessage(why, apiKey)}.`);
      const range = input.pages?.length ? [Math.min(...input.pages.map(([first]) => first)), Math.max(...input.pages.map(([, last]) => last))] : [];
      const bytes = await runJob(
        {
          source: SOURCE,
          request: { instance, document: sha256(input.bytes), ...settings, range, language: input.language ?? null },
          async submit() {
            const body = formWith("files", input, { ...settings, to_formats: "json", image_export_mode: "placeholder", ocr_lang: input.language });
            for (const page of range) body.append("page_range", String(page));
            return (await askJson(service, { method: "POST", path: "/v1/convert/file/async", body, signal, timeoutMs: UPLOAD_MS }, taskSchema)).task_id;
          },
          async poll(id) {
            const task = await askJsonOrNone(service, { method: "GET", path: `/v1/status/poll/${encodeURIComponent(id)}`, signal }, taskSchema);
            if (task === undefined) return "lost";
            if (task.task_status === "pending" || task.task_status === "started") return "working";
            if (task.task_status === "success" || task.task_status === "partial_success") return "ready";
            throw failed(task.error_message ?? task.task_status);
          },
          retrieve: (id, keep) =>
            ask(
              service,
              { method: "GET", path: `/v1/result/${encodeURIComponent(id)}`, signal, timeoutMs: UPLOAD_MS, maximumBytes: RESULT_BYTES, accept: [404] },
              async ({ status, body }) => (status === 404 ? "lost" : keep(body).then(() => "kept" as const)),
            ),
        },
        context,
      );
      const result = parseAnswer(service, Buffer.from(bytes).toString("utf8"), resultSchema);
      const { json_content: document } = result.document;
      if (!document) throw failed(result.errors?.[0]?.error_message ?? result.status);
      return documentOfPages(pagesOfDocling(document), parser, input);
    },
    async check(signal) {
      await ask(service, { method: "GET", path: "/health", signal, timeoutMs: CHECK_MS }, async () => undefined);
    },
  };
}

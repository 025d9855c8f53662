/** LLMWhisperer v2: text that keeps the page's columns apart, with the place of each line. */
import { z } from "zod";
import { PermanentError } from "../../schema/errors.ts";
import { sha256 } from "../../schema/json.ts";
import type { ExtractionInput, TextExtractor } from "../contract.ts";
import { ask, askJson, parseAnswer, type Service, textOf } from "../http.ts";
import { boundedMessage } from "../http-errors.ts";
import type { SettingsOf } from "../settings.ts";
import { runJob } from "./job.ts";
import { boxOf, documentOfPages, type Part, rangesText, type ServicePage } from "./pages.ts";

const SOURCE = "llmwhisperer";
const DEFAULT_BASE_URL = "https://llmwhisperer-api.us-central.unstract.com/api/v2";
const SEPARATOR = "<<<";
/** A page's shape isn't told; this one is near enough to show where a line stands. */
const PAGE = { width: 595, height: 842 };
const UPLOAD_MS = 300_000;
const RESULT_BYTES = 256 * 1024 ** 2;
const CHECK_MS = 10_000;
const LINE_NUMBER = /^0x([0-9A-Fa-f]{1,8}): ?/;

/** Where, and how documents are read; see docs/adapters.md. */
export interface LlmWhispererOptions extends Omit<SettingsOf<"x2text", "llmwhisperer">, "kind" | "apiKeyEnv"> {
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

const acceptedSchema = z.object({ whisper_hash: z.string().min(1) });
const statusSchema = z.object({ status: z.string(), message: z.string().optional() });
const messageSchema = z.object({ message: z.string() });
/** `line_metadata[i]` is [page from 0, base of the line, height, height of the page] of the i-th line. */
const resultSchema = z.object({ result_text: z.string(), line_metadata: z.array(z.array(z.number())).nullish() });

/** A text extractor over LLMWhisperer. Its result can be fetched once only, so it is stored as it comes (lib/adapters/x2text/job.ts). */
export function createLlmWhisperer(options: LlmWhispererOptions): TextExtractor {
  const { instance, apiKey, keyHint, baseUrl = DEFAULT_BASE_URL, mode = "form", outputMode = "layout_preserving" } = options;
  const service: Service = { source: SOURCE, baseUrl, headers: { "unstract-key": apiKey }, secret: apiKey, keyHint };
  const settings = {
    mode,
    output_mode: outputMode,
    line_splitter_tolerance: options.lineSplitterTolerance,
    horizontal_stretch_factor: options.horizontalStretchFactor,
    mark_vertical_lines: options.markVerticalLines,
    mark_horizontal_lines: options.markHorizontalLines,
    median_filter_size: options.medianFilterSize,
    gaussian_blur_radius: options.gaussianBlurRadius,
  };
  const chosen = Object.fromEntries(Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const parser = `${SOURCE}-2/${sha256(JSON.stringify(chosen)).slice(0, 8)}-${mode}`;

  return {
    instance,
    parser,
    async extract(input, context) {
      const { signal } = context;
      const pages = rangesText(input.pages, 1);
      const query = { ...chosen, page_seperator: SEPARATOR, add_line_nos: true, ...(pages === undefined ? {} : { pages_to_extract: pages }) };
      const bytes = await runJob(
        {
          source: SOURCE,
          request: { instance, document: sha256(input.bytes), ...query },
          async submit() {
            const headers = { "content-type": "application/octet-stream" };
            const request = { method: "POST", path: "/whisper", query, body: input.bytes, headers, signal, timeoutMs: UPLOAD_MS } as const;
            return (await askJson(service, request, acceptedSchema)).whisper_hash;
          },
          poll: (id) =>
            ask(service, { method: "GET", path: "/whisper-status", query: { whisper_hash: id }, signal, accept: [400, 404] }, async ({ status, body }) => {
              const text = await textOf(body);
              if (status !== 200) return "lost";
              return stateOf(parseAnswer(service, text, statusSchema), input);
            }),
          retrieve: (id, keep) =>
            ask(
              service,
              {
                method: "GET",
                path: "/whisper-retrieve",
                query: { whisper_hash: id },
                signal,
                timeoutMs: UPLOAD_MS,
                maximumBytes: RESULT_BYTES,
                accept: [400, 404],
              },
              async ({ status, body }) => {
                if (status === 200) return keep(body).then(() => "kept" as const);
                const { message } = parseAnswer(service, await textOf(body), messageSchema);
                if (status === 404 || /already delivered|unknown|not found/i.test(message)) return "lost";
                throw new PermanentError("adapter_failed", `${SOURCE} gives no result (${status}): ${boundedMessage(message, apiKey)}.`);
              },
            ),
        },
        context,
      );
      const { result_text: text, line_metadata: places } = parseAnswer(service, Buffer.from(bytes).toString("utf8"), resultSchema);
      return documentOfPages(pagesOf(text, places ?? [], input.pages), parser, input);
    },
    async check(signal) {
      await ask(service, { method: "GET", path: "/get-usage-info", signal, timeoutMs: CHECK_MS }, async () => undefined);
    },
  };

  function stateOf({ status, message = "" }: z.infer<typeof statusSchema>, { fileName }: ExtractionInput): "working" | "ready" | "lost" {
    if (status === "processed") return "ready";
    if (status === "retrieved") return "lost";
    if (status === "accepted" || status === "processing" || status === "executing" || status === "queued") return "working";
    throw new PermanentError(
      "adapter_failed",
      `${SOURCE} could not read ${fileName}: ${boundedMessage(message === "" ? status : message, apiKey)}. Try another mode.`,
    );
  }
}

/** The pages of a result. Columns say where on a line a word is, the service where the line is. */
function pagesOf(text: string, places: readonly (readonly number[])[], wanted: ExtractionInput["pages"]): ServicePage[] {
  const numbers = wanted?.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, position) => first + position));
  let firstLine: number | undefined;
  const parts = text.split(new RegExp(`^(?:0x[0-9A-Fa-f]{1,8}: ?)?[ \\t]*${SEPARATOR}[ \\t\\f]*$`, "m"));
  if (
    parts.length > 1 &&
    parts
      .at(-1)
      ?.replace(/^0x[0-9A-Fa-f]{1,8}: ?/gm, "")
      .trim() === ""
  )
    parts.pop();
  return parts.map((part, position) => {
    const lines = part.replaceAll("\f", "").split("\n");
    const shown = lines.map((line) => line.replace(LINE_NUMBER, ""));
    const columns = Math.max(1, ...shown.map((line) => line.trimEnd().length));
    const blocks: Part[][][] = [[]];
    for (const [row, line] of shown.entries()) {
      const number = LINE_NUMBER.exec(lines[row] ?? "")?.[1];
      const own = number === undefined ? undefined : Number.parseInt(number, 16);
      firstLine ??= own;
      const place = own === undefined ? undefined : places[own - (firstLine ?? 0)];
      if (line.trim() !== "") blocks.at(-1)?.push(partsOf(line, columns, place));
      else if (blocks.at(-1)?.length) blocks.push([]);
    }
    return { number: numbers?.[position] ?? position + 1, ...PAGE, blocks: blocks.filter((block) => block.length > 0) };
  });
}

function partsOf(line: string, columns: number, [, base = 0, height = 0, pageHeight = 0]: readonly number[] = []): Part[] {
  let end = 0;
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => {
    const indent = index - end;
    end = index + text.length;
    const box = boxOf({ left: index, right: end, top: base - height, bottom: base }, { width: columns, height: pageHeight });
    return { text, indent, box };
  });
}

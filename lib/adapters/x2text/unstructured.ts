/** Unstructured's partition endpoint: elements with their page and their outline. */
import { z } from "zod";
import { sha256 } from "../../schema/json.ts";
import type { TextExtractor } from "../contract.ts";
import { ask, parseAnswer, type Service } from "../http.ts";
import type { SettingsOf } from "../settings.ts";
import { runJob } from "./job.ts";
import { blocksOfText, boxOf, documentOfPages, formWith, type Part, type ServicePage } from "./pages.ts";

const SOURCE = "unstructured";
const DEFAULT_BASE_URL = "https://api.unstructuredapp.io";
const READ_MS = 600_000;
const RESULT_BYTES = 256 * 1024 ** 2;
const CHECK_MS = 10_000;

/** Where, and how documents are read; see docs/adapters.md. */
export interface UnstructuredOptions extends Omit<SettingsOf<"x2text", "unstructured">, "kind" | "apiKeyEnv"> {
  /** "" for a server of one's own without keys. */
  apiKey: string;
  /** What to check when the key is refused. */
  keyHint: string;
}

const elementSchema = z.object({
  type: z.string(),
  text: z.string().nullish(),
  metadata: z.object({
    page_number: z.int().min(1).nullish(),
    coordinates: z
      .object({ points: z.array(z.tuple([z.number(), z.number()])), layout_width: z.number().nullish(), layout_height: z.number().nullish() })
      .nullish(),
  }),
});
type Element = z.infer<typeof elementSchema>;

/** A text extractor over Unstructured's API, in the cloud or on a server of one's own. It answers with the result itself, which is stored as it comes. */
export function createUnstructured({ instance, apiKey, keyHint, baseUrl = DEFAULT_BASE_URL, strategy = "auto" }: UnstructuredOptions): TextExtractor {
  const headers: Record<string, string> = apiKey === "" ? {} : { "unstructured-api-key": apiKey };
  const service: Service = { source: SOURCE, baseUrl, headers, secret: apiKey, keyHint };
  const parser = `${SOURCE}/${strategy}`;
  return {
    instance,
    parser,
    async extract(input, context) {
      const { signal } = context;
      const values = { strategy, coordinates: true, output_format: "application/json", languages: input.language };
      const bytes = await runJob(
        {
          source: SOURCE,
          request: { instance, document: sha256(input.bytes), strategy, language: input.language ?? null },
          async submit(keep) {
            const body = formWith("files", input, values);
            const request = { method: "POST", path: "/general/v0/general", body, signal, timeoutMs: READ_MS, maximumBytes: RESULT_BYTES } as const;
            await ask(service, request, async (answer) => keep(answer.body));
            return "answered";
          },
          // The result came with the answer; where it isn't here it was lost on the way.
          poll: async () => "lost",
          retrieve: async () => "lost",
        },
        context,
      );
      return documentOfPages(pagesOf(parseAnswer(service, Buffer.from(bytes).toString("utf8"), z.array(elementSchema))), parser, input);
    },
    async check(signal) {
      await ask(service, { method: "GET", path: "/healthcheck", signal, timeoutMs: CHECK_MS, accept: [404] }, async () => undefined);
    },
  };
}

function pagesOf(elements: readonly Element[]): ServicePage[] {
  const pages = new Map<number, { width: number; height: number; blocks: Part[][][] }>();
  for (const { type, text, metadata } of elements) {
    const { coordinates } = metadata;
    const number = metadata.page_number ?? 1;
    const size = { width: coordinates?.layout_width ?? 0, height: coordinates?.layout_height ?? 0 };
    const page = pages.get(number) ?? { ...size, blocks: [] };
    if (page.width === 0) Object.assign(page, size);
    pages.set(number, page);
    if (type === "PageBreak" || !text) continue;
    const [across, down] = [0, 1].map((axis) => (coordinates?.points ?? []).map((point) => point[axis] ?? 0));
    const edges = { left: Math.min(...(across ?? [])), right: Math.max(...(across ?? [])), top: Math.min(...(down ?? [])), bottom: Math.max(...(down ?? [])) };
    page.blocks.push(...blocksOfText(text, coordinates ? boxOf(edges, size) : undefined));
  }
  return [...pages].map(([number, page]) => ({ number, ...page }));
}

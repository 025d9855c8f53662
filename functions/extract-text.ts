/** Stage 1: the document's words, pages and boxes, stored by reference. Large documents are read in parts, each an item of its own. */
import { z } from "zod";
import type { ExtractionInput } from "../lib/adapters/contract.ts";
import { joinDocuments } from "../lib/document/join.ts";
import { withoutText } from "../lib/document/pdf-errors.ts";
import { factsOf } from "../lib/facts/facts.ts";
import { defineStage, type GraphStage, type StageContext } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { artifactSchema, type DocumentText, documentTextSchema } from "../lib/schema/document.ts";
import { PermanentError } from "../lib/schema/errors.ts";
import type { ItemGraph } from "../lib/schema/pipeline.ts";
import { pageRanges } from "../lib/schema/request.ts";
import { resultFileSchema } from "../lib/schema/result.ts";
import { requestOf, settingsOf } from "./request.ts";
import type { Resources } from "./resources.ts";

const outputSchema = z.object({
  text: artifactSchema,
  parser: z.string(),
  language: z.string(),
  pages: z.int(),
  words: z.int(),
  kind: z.enum(["pages", "text"]),
  /** What the file is, and its documents where it holds several. */
  file: resultFileSchema.pick({ kind: true, documents: true }).optional(),
});
type Output = z.infer<typeof outputSchema>;

/** A part's text, and of how many parts it is one. */
const partSchema = z.object({ text: artifactSchema, of: z.int() });
/** Page ranges of an item; without them it is the whole document. */
const inputSchema = z.object({ pages: z.array(z.tuple([z.int(), z.int()])), of: z.int() }).optional();

export const extractText: GraphStage<Resources, Output, z.infer<typeof partSchema>> = defineStage<Resources, Output, z.infer<typeof partSchema>>({
  id: "extract-text",
  kind: "graph",
  after: [],
  policy: paperPolicy(10, 4),
  itemPolicy: paperPolicy(10, 4),
  onError: "fail",
  itemOutput: partSchema,
  output: outputSchema,
  canRun: ({ tenant, runId, settings, resources }) => !settingsOf({ settings }).needsPassword || resources.password(tenant, runId) !== undefined,
  async plan(context): Promise<ItemGraph> {
    const extractor = context.resources.textExtractor(settingsOf(context).textExtractor);
    const parts = (await extractor.plan?.(await inputOf(context), context.signal)) ?? [];
    if (parts.length < 2) return { count: 1, edges: [] };
    return { count: parts.length, edges: [], labels: parts.map(partLabel), inputs: parts.map((pages) => ({ pages, of: parts.length })) };
  },
  async work(context) {
    const part = inputSchema.parse(context.input);
    const input = await inputOf(context);
    const extractor = context.resources.textExtractor(settingsOf(context).textExtractor);
    const text = await extractor.extract(part ? { ...input, pages: part.pages, partial: true } : input, context);
    return { text: await context.artifacts.put(encoded(text)), of: part?.of ?? 1 };
  },
  async join(context) {
    const { resources, tenant, runId } = context;
    const first = await context.item(extractText, 0);
    const count = first.is === "done" ? first.output.of : 0;
    const items = await Promise.all(Array.from({ length: count }, (_, index) => context.item(extractText, index)));
    const artifacts = items.flatMap((item) => (item.is === "done" ? [item.output.text] : []));
    const parts: DocumentText[] = [];
    for (const artifact of artifacts) parts.push(decoded(await context.artifacts.get(artifact)));
    const text = joinDocuments(parts, requestOf(context).extraction_settings?.language);
    refuseWhole(context, text);
    const [only] = artifacts;
    const artifact = only && artifacts.length === 1 ? only : await context.artifacts.put(encoded(text));
    await resources.copyText(tenant, runId, text.layout.text);
    const { kind, documents } = factsOf(text);
    return {
      text: artifact,
      parser: text.parser,
      language: text.language,
      pages: text.pages.length,
      words: text.words.length,
      kind: text.kind,
      file: { kind, ...(documents.length > 1 ? { documents: [...documents] } : {}) },
    };
  },
});

/** The limits and emptiness that only the whole document shows. */
function refuseWhole({ document, resources }: StageContext<Resources>, text: DocumentText): void {
  if (text.words.length === 0) throw withoutText(document.fileName, text.pages.length, { recognised: text.parser.includes("tesseract"), language: undefined });
  if (Buffer.byteLength(text.reading.text) > resources.limits.textBytes) {
    throw new PermanentError(
      "limit_exceeded",
      `The text of ${document.fileName} is over the limit of ${resources.limits.textBytes} bytes. Give a range of pages, or raise the limit.`,
    );
  }
}

async function inputOf(context: StageContext<Resources>): Promise<ExtractionInput> {
  const { resources, document, tenant, runId } = context;
  const wanted = requestOf(context).extraction_settings;
  const password = resources.password(tenant, runId);
  return {
    bytes: await context.artifacts.get(document),
    fileName: document.fileName,
    maximumPages: resources.limits.pages,
    maximumTextBytes: resources.limits.textBytes,
    ...(password === undefined ? {} : { password }),
    ...(wanted?.language === undefined ? {} : { language: wanted.language }),
    ...(wanted?.pages === undefined ? {} : { pages: pageRanges(wanted.pages) }),
  };
}

function partLabel(ranges: readonly (readonly [number, number])[]): string {
  return `pages ${ranges[0]?.[0] ?? 1}-${ranges.at(-1)?.[1] ?? 1}`;
}

function encoded(text: DocumentText): Buffer {
  return Buffer.from(JSON.stringify(text));
}

function decoded(bytes: Uint8Array): DocumentText {
  return documentTextSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
}

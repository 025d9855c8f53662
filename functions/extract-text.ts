/** Stage 1: the document's words, pages and boxes, stored by reference. */
import { z } from "zod";
import { defineStage } from "../lib/pipeline/define.ts";
import { paperPolicy } from "../lib/pipeline/policies.ts";
import { artifactSchema } from "../lib/schema/document.ts";
import { requestOf, settingsOf } from "./request.ts";
import type { Resources } from "./resources.ts";

const outputSchema = z.object({
  text: artifactSchema,
  parser: z.string(),
  language: z.string(),
  pages: z.int(),
  words: z.int(),
  kind: z.enum(["pages", "text"]),
});

export const extractText = defineStage<Resources, z.infer<typeof outputSchema>>({
  id: "extract-text",
  kind: "task",
  after: [],
  policy: paperPolicy(10, 4),
  output: outputSchema,
  canRun: ({ tenant, runId, settings, resources }) => !settingsOf({ settings }).needsPassword || resources.password(tenant, runId) !== undefined,
  async run(context) {
    const { resources, document, tenant, runId } = context;
    const wanted = requestOf(context).extraction_settings;
    const password = resources.password(tenant, runId);
    const text = await resources.textExtractor(settingsOf(context).textExtractor).extract(
      {
        bytes: await context.artifacts.get(document),
        fileName: document.fileName,
        maximumPages: resources.limits.pages,
        maximumTextBytes: resources.limits.textBytes,
        ...(password === undefined ? {} : { password }),
        ...(wanted?.language === undefined ? {} : { language: wanted.language }),
        ...(wanted?.pages === undefined ? {} : { pages: pageRanges(wanted.pages) }),
      },
      context.signal,
    );
    const artifact = await context.artifacts.put(Buffer.from(JSON.stringify(text)));
    await resources.copyText(tenant, runId, text.layout.text);
    return { text: artifact, parser: text.parser, language: text.language, pages: text.pages.length, words: text.words.length, kind: text.kind };
  },
});

/** "1-3,7" as ranges of page numbers from 1. */
export function pageRanges(text: string): [number, number][] {
  return text.split(",").map((part) => {
    const [first = 1, last = first] = part.split("-").map(Number);
    return [first, last];
  });
}

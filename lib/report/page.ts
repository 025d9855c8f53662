/** The report as one file of HTML. Pure: what comes in decides every byte. */
import { createHash } from "node:crypto";
import type { DocumentText } from "../schema/document.ts";
import type { RunResult } from "../schema/result.ts";
import { formatPlural, formatUsage } from "./format.ts";
import { html, ownCode, toText } from "./html.ts";
import type { PageImage } from "./page-images.ts";
import { boxStyle, pageList } from "./pages-html.ts";
import { issueList, runDetails, statusCounts, statusPill } from "./run-html.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { valueList } from "./values-html.ts";
import { reportView } from "./view.ts";

/** What the page shows. */
export interface ReportPageOptions {
  result: RunResult;
  document: DocumentText;
  images: ReadonlyMap<number, PageImage>;
  /** The page's title; the file's name when not given. */
  title?: string;
}

function hashOf(code: string): string {
  return `'sha256-${createHash("sha256").update(code).digest("base64")}'`;
}

/** One page that needs nothing from anywhere: its policy allows its own style, its own script and the images inside it, nothing else. */
export function reportPage({ result, document, images, title = result.file.name }: ReportPageOptions): string {
  const view = reportView(result, document, images);
  const boxes = boxStyle(view.pages);
  const policy = `default-src 'none'; img-src data:; style-src ${hashOf(STYLE)} ${hashOf(boxes)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;
  const { file, usage } = result;
  const cost = usage.input_tokens + usage.output_tokens > 0 ? html`<span>${formatUsage(usage)}</span>` : undefined;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${ownCode(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${ownCode(STYLE)}</style>
<style>${ownCode(boxes)}</style>
</head>
<body>
<a class="skip" href="#values">Skip to the values</a>
<header class="top"><p class="brand">Prompt Studio report</p><h1 dir="auto">${title}</h1>
<div class="line">${statusPill(result.status)}${statusCounts(result)}<span>${formatPlural(file.pages, "page")}</span>${cost}</div></header>
<main class="both">
<div class="left">${issueList(result.issues)}
<section aria-labelledby="values"><h2 class="hidden" id="values" tabindex="-1">Values</h2>${valueList(view.values)}</section>
${runDetails(result)}</div>
<section class="right" aria-labelledby="pages">
<nav class="bar" aria-label="Step through the values" hidden><output aria-live="polite"></output><span class="keys"><kbd>j</kbd> <kbd>k</kbd></span><button type="button" class="turn" aria-label="Turn to the page, or back to the value">⇄</button><button type="button" class="previous" aria-label="Previous value">↑</button><button type="button" class="next" aria-label="Next value">↓</button></nav>
<div class="sheets"><h2 class="hidden" id="pages">Pages</h2>${pageList(view, document)}</div>
</section>
</main>
<script>${ownCode(SCRIPT)}</script>
</body>
</html>
`;
  return toText(page);
}

/** A run's report: one HTML file that shows every value, and on the document's own pages the place that proves it. */
import { renderPages } from "../document/render.ts";
import type { DocumentText } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import type { RunResult } from "../schema/result.ts";
import { reportPage } from "./page.ts";
import { type PageImage, type PageRenderer, pageImages } from "./page-images.ts";
import { citedPages } from "./view.ts";

/** Time for one batch of pages; a page takes a tenth of a second. */
const RENDER_DEADLINE_MS = 60_000;

/** What the report is about. */
export interface ReportOptions {
  result: RunResult;
  document: DocumentText;
  /** The document's own bytes. */
  bytes: Uint8Array;
  /** Opens an encrypted document; it is used for drawing only. */
  password?: string;
  /** The page's title; the file's name when not given. */
  title?: string;
  /** What draws pages; the built-in PDF renderer when not given. */
  render?: PageRenderer;
}

const drawPdf: PageRenderer = async ({ bytes, pages, dpi, password }) => {
  const drawn = await renderPages(bytes, pages, { dpi, deadlineMs: RENDER_DEADLINE_MS, ...(password === undefined ? {} : { password }) });
  return [...drawn].map(([page, { png }]) => ({ page, png }));
};

async function imagesOf(options: ReportOptions): Promise<ReadonlyMap<number, PageImage>> {
  const { result, document, bytes, password, render = drawPdf } = options;
  if (document.kind !== "pages") return new Map();
  try {
    return await pageImages({ bytes, pages: citedPages(result, document), render, ...(password === undefined ? {} : { password }) });
  } catch (error) {
    // A document that can't be drawn (its password is not at hand, say) still has its text.
    if (error instanceof PermanentError) return new Map();
    throw error;
  }
}

/**
 * The report of a run as one self-contained HTML page, at most about 8 MB: pages with a citation carry an image, coarser when there are many, and show as text where none can be made.
 * Everything from the document and the model is escaped. The same input gives the same bytes.
 */
export async function renderReport(options: ReportOptions): Promise<string> {
  const { result, document, title } = options;
  const images = await imagesOf(options);
  return reportPage({ result, document, images, ...(title === undefined ? {} : { title }) });
}

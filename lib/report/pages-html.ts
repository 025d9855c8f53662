/** The pages of a report: images with boxes, or text with marks. Boxes are placed by a style sheet of their own, so that no element needs a style attribute. */
import type { DocumentText } from "../schema/document.ts";
import { formatName, formatPlural, formatScalar } from "./format.ts";
import { type Html, html } from "./html.ts";
import { type BoxView, COLOURS, type PageView, type ReportView, type TextView, type ValueView } from "./view.ts";

/** Labels are short: the value itself is read in its card. */
const LABEL_LENGTH = 120;

function shorten(text: string): string {
  return text.length <= LABEL_LENGTH ? text : `${text.slice(0, LABEL_LENGTH - 1)}…`;
}

function labelOf(value: ValueView | undefined): string {
  if (!value) return "";
  const plain = typeof value.output.value === "object" ? "" : `: ${formatScalar(value.output.value)}`;
  return shorten(`${value.number} ${formatName(value.name)}${plain}`);
}

function boxId(page: PageView, index: number): string {
  return `box-${page.page.number}-${index}`;
}

/** A share of the page in percent, 0 to 100, to a hundredth. */
function percent(share: number): string {
  return `${Math.min(100, Math.max(0, share * 100)).toFixed(2)}%`;
}

/** The rules that place every box, in percent of its page. Made of numbers only. */
export function boxStyle(pages: readonly PageView[]): string {
  return pages
    .flatMap((page) =>
      page.boxes.map(
        ({ box }, index) =>
          `#${boxId(page, index)}{left:${percent(box.left)};top:${percent(box.top)};width:${percent(box.width)};height:${percent(box.height)}}`,
      ),
    )
    .join("\n");
}

function boxLink(page: PageView, view: BoxView, index: number, value: ValueView | undefined): Html {
  const { value: number, citation, place, side } = view;
  const colour = (number - 1) % COLOURS;
  const id = place === undefined ? undefined : html` id="${place}"`;
  const tag = side === undefined ? undefined : html`<span class="tag at-${side}"${id}>${number}</span>`;
  const reach = place === undefined ? html` tabindex="-1" aria-hidden="true"` : html` aria-label="${labelOf(value)}"`;
  return html`<a class="box colour-${colour}" id="${boxId(page, index)}" href="#value-${number}" data-value="${number}" data-citation="${citation}"${reach}>${tag}</a>`;
}

function imagePage(page: PageView, values: readonly ValueView[]): Html {
  const { image } = page;
  if (!image) return html``;
  const source = `data:${image.type};base64,${Buffer.from(image.bytes).toString("base64")}`;
  const boxes = page.boxes.map((box, index) => boxLink(page, box, index, values[box.value - 1]));
  return html`<div class="sheet"><img src="${source}" width="${image.width}" height="${image.height}" alt="Page ${page.page.number} of the document">${boxes}</div>`;
}

function textPiece({ text, owners, places }: TextView): Html {
  const first = owners[0];
  if (!first) return html`${text}`;
  const anchors = places.map((place) => html`<span id="${place}"></span>`);
  const numbers = [...new Set(owners.map(({ value }) => value))];
  const tags = places.length > 0 ? numbers.map((number) => html`<span class="tag colour-${(number - 1) % COLOURS}">${number}</span>`) : undefined;
  return html`${anchors}<a class="mark colour-${(first.value - 1) % COLOURS}" href="#value-${first.value}" data-value="${numbers.join(" ")}" data-citation="${first.citation}">${tags}${text}</a>`;
}

function textPage(page: PageView, document: DocumentText): Html {
  const stretches = page.excerpts.map((pieces) => html`<pre dir="auto">${pieces.map(textPiece)}</pre>`);
  const [start, end] = page.page.layout;
  const shown = page.excerpts.flat().reduce((length, { text }) => length + text.length, 0);
  const reason =
    document.kind === "pages"
      ? "Shown as text, without the page's image."
      : shown < end - start
        ? "Only the passages around the citations are shown."
        : undefined;
  return html`<div class="sheet is-text">${reason ? html`<p class="note">${reason}</p>` : undefined}${stretches.map((stretch, index) => html`${index > 0 ? html`<hr>` : undefined}${stretch}`)}</div>`;
}

function titleOf(page: PageView, document: DocumentText): string {
  return document.kind === "text" ? "Text" : `Page ${page.page.number}`;
}

/** The sections of all shown pages, with a line for the pages in between that nothing cites. */
export function pageList({ pages, values }: ReportView, document: DocumentText): Html {
  if (pages.length === 0) return html`<p class="empty">No value has a place in the document, so there is no page to show.</p>`;
  const total = document.kind === "pages" ? ` of ${document.pages.length}` : "";
  const sections = pages.map((page, index) => {
    const before = page.page.number - (pages[index - 1]?.page.number ?? 0) - 1;
    const gap = before > 0 ? html`<p class="gap">${formatPlural(before, "page")} without a citation</p>` : undefined;
    const numbers = [...new Set([...page.boxes.map(({ value }) => value), ...page.excerpts.flat().flatMap(({ owners }) => owners.map(({ value }) => value))])];
    const title = titleOf(page, document);
    return html`${gap}<section class="page" id="page-${page.page.number}" aria-label="${title}"><h3>${title}<span>${total} · ${formatPlural(numbers.length, "value")}</span></h3>
${page.image ? imagePage(page, values) : textPage(page, document)}</section>
`;
  });
  return html`${sections}`;
}

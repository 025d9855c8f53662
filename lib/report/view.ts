/** What a report shows, as data: values with numbers, pages with what is drawn on them, and the ids by which both point at each other. Pure. */
import type { Box, DocumentText, Page } from "../schema/document.ts";
import type { Citation, OutputResult, RunResult } from "../schema/result.ts";
import { drawnBoxes } from "./boxes.ts";
import { type LabelSide, labelBox, labelSide } from "./labels.ts";
import { cutPieces, excerptsOf, type Mark, rangeOf } from "./marks.ts";
import type { PageImage } from "./page-images.ts";
import { shownOutputs } from "./shown.ts";

/** How many colours there are; values beyond share them, so every value has a number too. */
export const COLOURS = 10;

/** A citation of a value: `id` of the place on a page that shows it, missing where nothing shows it. */
export interface CitationView {
  citation: Citation;
  page: number | undefined;
  place: string | undefined;
}

/** A value: its number from 1 in the order of the result. */
export interface ValueView {
  number: number;
  colour: number;
  name: string;
  output: OutputResult;
  citations: readonly CitationView[];
}

/** What a place on a page belongs to. */
interface PlaceOwner {
  value: number;
  citation: number;
}

/** A rectangle on a page's image. `place` is the id on the first of a citation; `side` says where its number stands, on the first and on those far from it. */
export interface BoxView extends PlaceOwner {
  box: Box;
  place: string | undefined;
  side: LabelSide | undefined;
}

/** A piece of text with the citations over it; `places` are the ids of those that begin here. */
export interface TextView {
  text: string;
  owners: readonly PlaceOwner[];
  places: readonly string[];
}

/** A page that is shown: as image with boxes, or as stretches of its text with marks. */
export interface PageView {
  page: Page;
  image: PageImage | undefined;
  boxes: readonly BoxView[];
  excerpts: readonly (readonly TextView[])[];
}

/** Values and pages with their links, ready to be written. */
export interface ReportView {
  values: readonly ValueView[];
  pages: readonly PageView[];
}

/** The id of the place that shows a citation, numbers from 1. */
function placeId({ value, citation }: PlaceOwner): string {
  return `place-${value}-${citation}`;
}

interface Cited extends PlaceOwner {
  citation: number;
  source: Citation;
}

function pagesOf(citation: Citation, document: DocumentText): readonly number[] {
  const onBoxes = citation.boxes.flatMap((box) => box.page ?? citation.page ?? []);
  const named = onBoxes.length > 0 ? onBoxes : citation.page === undefined ? [] : [citation.page];
  if (named.length > 0) return [...new Set(named)];
  return document.kind === "text" && citation.range ? [document.pages[0]?.number ?? 1] : [];
}

function citedBy(result: RunResult): readonly Cited[] {
  return shownOutputs(result).flatMap(([, output], index) => output.citations.map((source, place) => ({ value: index + 1, citation: place + 1, source })));
}

/** The numbers of the pages that a report shows: those with a citation, ascending. */
export function citedPages(result: RunResult, document: DocumentText): readonly number[] {
  const known = new Set(document.pages.map(({ number }) => number));
  const cited = citedBy(result).flatMap(({ source }) => pagesOf(source, document));
  return [...new Set(cited)].filter((page) => known.has(page)).sort((left, right) => left - right);
}

/** Whether the eye would not connect two boxes of a citation by their colour alone. */
function isFar(first: Box, second: Box): boolean {
  return Math.abs(first.left - second.left) > 0.3 || Math.abs(first.top - second.top) > 0.25;
}

function boxesOn(page: Page, cited: readonly Cited[], document: DocumentText): readonly BoxView[] {
  const views: BoxView[] = [];
  const taken: Box[] = document.words.flatMap((word) => (word.page === page.number && word.box ? [word.box] : []));
  for (const { value, citation, source } of cited) {
    const own = source.boxes.filter((box) => (box.page ?? source.page) === page.number);
    const numbered: Box[] = [];
    drawnBoxes(own, page).forEach((box, index) => {
      const isNumbered = numbered.every((other) => isFar(box, other));
      const side = isNumbered ? labelSide(box, taken, page) : undefined;
      if (side) {
        taken.push(labelBox(box, side, page));
        numbered.push(box);
      }
      views.push({ value, citation, box, place: index === 0 ? placeId({ value, citation }) : undefined, side });
    });
  }
  return views;
}

function excerptsOn(page: Page, cited: readonly Cited[], document: DocumentText): readonly (readonly TextView[])[] {
  const marks: Mark<PlaceOwner>[] = cited.flatMap(({ value, citation, source }) => {
    const range = rangeOf(document, source, page.number);
    return range ? [{ start: range[0], end: range[1], id: { value, citation } }] : [];
  });
  const { text } = document.layout;
  const [start, end] = page.layout;
  return excerptsOf(text, start, end, marks).map(([from, to]) =>
    cutPieces(text, from, to, marks).map(({ text: piece, ids }) => ({ text: piece, owners: ids, places: ids.map(placeId) })),
  );
}

function placesOf(page: PageView): readonly string[] {
  return [...page.boxes.flatMap(({ place }) => place ?? []), ...page.excerpts.flat().flatMap(({ places }) => places)];
}

/** Each citation has one place in the file: the first that shows it. */
function withUniquePlaces(pages: readonly PageView[]): readonly PageView[] {
  const seen = new Set<string>();
  const isFirst = (place: string) => !seen.has(place) && seen.add(place) !== undefined;
  return pages.map((page) => ({
    ...page,
    boxes: page.boxes.map((box) => ({ ...box, place: box.place !== undefined && isFirst(box.place) ? box.place : undefined })),
    excerpts: page.excerpts.map((pieces) => pieces.map((piece) => ({ ...piece, places: piece.places.filter(isFirst) }))),
  }));
}

/** Puts a result, its document and the images of its cited pages together. A page with an image but without boxes on it still shows; one without image shows its text. */
export function reportView(result: RunResult, document: DocumentText, images: ReadonlyMap<number, PageImage>): ReportView {
  const cited = citedBy(result);
  const wanted = citedPages(result, document);
  const pages = withUniquePlaces(
    document.pages
      .filter(({ number }) => wanted.includes(number))
      .map((page) => {
        const here = cited.filter(({ source }) => pagesOf(source, document).includes(page.number));
        const image = images.get(page.number);
        return { page, image, boxes: image ? boxesOn(page, here, document) : [], excerpts: image ? [] : excerptsOn(page, here, document) };
      }),
  );
  const shown = new Set(pages.flatMap(placesOf));
  const values = shownOutputs(result).map(([name, output], index) => ({
    number: index + 1,
    colour: index % COLOURS,
    name,
    output,
    citations: output.citations.map((citation, place) => {
      const id = placeId({ value: index + 1, citation: place + 1 });
      return { citation, page: pagesOf(citation, document)[0], place: shown.has(id) ? id : undefined };
    }),
  }));
  return { values, pages };
}

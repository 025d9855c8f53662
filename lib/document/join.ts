/** Parts of a document that were read one by one, put together. */
import type { DocumentText, TextView, ViewName } from "../schema/document.ts";
import { LAYOUT_PAGE_BREAK, READING_PAGE_BREAK } from "./assemble.ts";
import { detectLanguage } from "./language.ts";

const BREAKS: Record<ViewName, string> = { layout: LAYOUT_PAGE_BREAK, reading: READING_PAGE_BREAK };

/** One document of parts with pages, in the order given, as if it had been read at once. `language` is the user's; without it the text decides. */
export function joinDocuments(parts: readonly DocumentText[], language: string | undefined): DocumentText {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const words: DocumentText["words"] = [];
  const pages: DocumentText["pages"] = [];
  const views = { layout: emptyView(), reading: emptyView() };
  for (const part of parts) {
    const offsets = { layout: 0, reading: 0 };
    for (const name of ["layout", "reading"] as const) offsets[name] = append(views[name], part[name], words.length, pages.length > 0 ? BREAKS[name] : "");
    for (const word of part.words) words.push(word);
    for (const page of part.pages) pages.push({ ...page, layout: shifted(page.layout, offsets.layout), reading: shifted(page.reading, offsets.reading) });
  }
  const built = (name: ViewName): TextView => ({ text: views[name].texts.join(""), words: views[name].words, starts: views[name].starts });
  const reading = built("reading");
  const parsers = [...new Set(parts.flatMap((part) => part.parser.split("+")))].sort();
  return { v: 1, kind: "pages", parser: parsers.join("+"), language: language ?? detectLanguage(reading.text), words, pages, layout: built("layout"), reading };
}

interface GrowingView {
  texts: string[];
  length: number;
  words: number[];
  starts: number[];
}

function emptyView(): GrowingView {
  return { texts: [], length: 0, words: [], starts: [] };
}

/** Appends a view after a gap; answers by how much its offsets moved. */
function append(view: GrowingView, added: TextView, firstWord: number, gap: string): number {
  const offset = view.length + gap.length;
  view.texts.push(gap, added.text);
  view.length = offset + added.text.length;
  for (const word of added.words) view.words.push(word + firstWord);
  for (const start of added.starts) view.starts.push(start + offset);
  return offset;
}

function shifted([start, end]: readonly [number, number], offset: number): [number, number] {
  return [start + offset, end + offset];
}

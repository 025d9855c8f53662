/** Where one document of a file ends and the next begins: a scanner's batch, a year of statements in one PDF. Each boundary has its evidence in words. */
import { oncePerDocument } from "../document/once.ts";
import type { DocumentText } from "../schema/document.ts";
import type { PacketDocument } from "../schema/result.ts";
import { kindOfText } from "./kinds.ts";
import { type PageSigns, signsOfPages } from "./pages.ts";

/** Points for and against a new document at a page. One sign is rarely enough: so many points are. */
const ENOUGH = 3;
const CERTAIN = 12;
const SHOWN_LENGTH = 40;

interface Evidence {
  points: number;
  reason: string;
}

/** The pages of one document, from its first page on, without the blank ones at its end, and what they have shown so far. */
interface Part {
  pages: PageSigns[];
  reason: string;
  identifiers: Map<string, Set<string>>;
  contacts: Set<string>;
  margins: Set<string>;
  /** Titles that a page after the first had: they come again on every page. */
  titleLines: Set<string>;
}

/** The documents that a file holds, in order; a file without pages, and one of which nothing says that it holds several, is one. Found once. */
export const documentsOf: (document: DocumentText) => readonly PacketDocument[] = oncePerDocument(findDocuments);

function findDocuments(document: DocumentText): PacketDocument[] {
  const parts: Part[] = [];
  let blank = false;
  let separator = false;
  for (const page of document.kind === "pages" ? signsOfPages(document) : []) {
    if (page.blank || page.separator) {
      blank = true;
      separator ||= page.separator;
      continue;
    }
    const part = parts.at(-1);
    const start = part === undefined ? { points: ENOUGH, reason: "the first page" } : evidenceFor(part, page, { blank, separator });
    if (part === undefined || start.points >= ENOUGH) parts.push(extended(newPart(start.reason), page));
    else extended(part, page);
    blank = false;
    separator = false;
  }
  if (parts.length < 2) {
    const { kind, reason } = kindOfText(document.layout.text);
    return [{ pages: [document.pages[0]?.number ?? 1, document.pages.at(-1)?.number ?? 1], kind, reason }];
  }
  return parts.map(documentOf);
}

function newPart(reason: string): Part {
  return { pages: [], reason, identifiers: new Map(), contacts: new Set(), margins: new Set(), titleLines: new Set() };
}

function extended(part: Part, page: PageSigns): Part {
  if (part.pages.length > 0 && page.title !== undefined) part.titleLines.add(page.titleLine);
  part.pages.push(page);
  for (const [name, value] of page.identifiers) part.identifiers.set(name, (part.identifiers.get(name) ?? new Set<string>()).add(value));
  for (const contact of page.contacts) part.contacts.add(contact);
  for (const line of page.margins) part.margins.add(line);
  return part;
}

function documentOf({ pages, reason }: Part): PacketDocument {
  const found = kindOfText(pages.map(({ text }) => text).join("\n"));
  const first = pages[0]?.number ?? 1;
  return { pages: [first, pages.at(-1)?.number ?? first], kind: found.kind, reason: `${reason}; ${found.kind}: ${found.reason}` };
}

/** What speaks for a new document at `page`, after the pages of the one before it. */
function evidenceFor(before: Part, page: PageSigns, between: { blank: boolean; separator: boolean }): Evidence {
  const signs = [
    ...(between.separator
      ? [{ points: CERTAIN, reason: "a separator sheet before it" }]
      : between.blank
        ? [{ points: 1, reason: "a blank page before it" }]
        : []),
    ...numberingEvidence(before, page),
    ...identifierEvidence(before, page),
    ...titleEvidence(before, page),
    ...letterheadEvidence(before, page),
    ...(page.goesOn ? [{ points: -3, reason: "" }] : []),
  ];
  return {
    points: signs.reduce((sum, { points }) => sum + points, 0),
    reason: signs.flatMap(({ points, reason }) => (points > 0 ? [reason] : [])).join(", "),
  };
}

/** "Page 1 of 3" begins; a number that follows the one before goes on. */
function numberingEvidence({ pages }: Part, { numbering }: PageSigns): Evidence[] {
  const last = pages.at(-1)?.numbering;
  if (numbering === undefined) {
    if (last?.of === undefined) return [];
    return last.page < last.of ? [{ points: -1, reason: "" }] : [{ points: 2, reason: `the page before was the last of its own ("${shown(last.words)}")` }];
  }
  const words = shown(numbering.words);
  // A page 1 after another page 1 may be a form that numbers nothing else.
  const certain = numbering.of !== undefined || (last !== undefined && last.page > 1);
  if (numbering.page === 1) return [{ points: certain ? 3 : 2, reason: `page numbering begins again ("${words}")` }];
  if (last === undefined) return [{ points: -2, reason: "" }];
  const follows = numbering.page > last.page && numbering.of === last.of;
  return follows ? [{ points: -4, reason: "" }] : [{ points: 1, reason: `page numbering is another ("${words}" after "${shown(last.words)}")` }];
}

/** A number that names the document and has changed. */
function identifierEvidence(before: Part, page: PageSigns): Evidence[] {
  const evidence = [...page.identifiers].flatMap(([name, value]): Evidence[] => {
    const known = before.identifiers.get(name);
    if (known === undefined) return [];
    if (known.has(value)) return [{ points: -3, reason: "" }];
    return [{ points: 2, reason: `another ${name} (${shown(value)} after ${shown([...known][0] ?? "")})` }];
  });
  // Several numbers of one document change together, and count once.
  const kept = evidence.find(({ points }) => points < 0);
  const changed = evidence.find(({ points }) => points > 0);
  return kept ? [kept] : changed ? [changed] : [];
}

/** A title heads the page, and no page before had this line. */
function titleEvidence({ pages, titleLines }: Part, { title, titleLine, large }: PageSigns): Evidence[] {
  if (title === undefined || titleLines.has(titleLine)) return [];
  const first = pages[0];
  const others = first?.title?.kind !== title.kind;
  const points = (title.alone ? 2 : 1) + (others ? 1 : 0) + (large ? 1 : 0);
  return [{ points, reason: `headed "${title.title}"` }];
}

/** Addresses and tax numbers at the head that the document before does not have, or the same running titles. */
function letterheadEvidence(before: Part, page: PageSigns): Evidence[] {
  if (page.margins.some((line) => before.margins.has(line) && /\p{L}{3}.*\p{L}{3}/u.test(line) && !/^ (?:page|seite|pagina|pag) # /.test(line)))
    return [{ points: -1, reason: "" }];
  const isNew = page.contacts.length > 0 && !page.contacts.some((contact) => before.contacts.has(contact));
  return isNew ? [{ points: 1, reason: "another letterhead" }] : [];
}

function shown(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

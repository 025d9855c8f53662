/** What a page shows about the document that it belongs to: its number, its title, the numbers that name the document, whose letterhead it has. */
import { marginLinesOf } from "../document/margins.ts";
import { wordsInRange } from "../document/views.ts";
import type { DocumentText, Page } from "../schema/document.ts";
import { comparableText, headLines, type TitleFound, titleOf } from "./kinds.ts";

/** What one page shows. `numbering`: its own count, "Page 2 of 3". `identifiers`: numbers that name a document, by what they are the number of. */
export interface PageSigns {
  number: number;
  text: string;
  blank: boolean;
  separator: boolean;
  numbering: { page: number; of: number | undefined; words: string } | undefined;
  title: TitleFound | undefined;
  /** The line of the title, as texts are compared. */
  titleLine: string;
  /** The title is set larger than the page's text. */
  large: boolean;
  identifiers: ReadonlyMap<string, string>;
  /** Addresses of mail and web, telephone numbers and tax numbers in the upper part of the page. */
  contacts: readonly string[];
  /** Lines of its margins that come again on other pages, without their numbers. */
  margins: readonly string[];
  /** It goes on in the middle of a sentence, or is an attachment of what came before. */
  goesOn: boolean;
}

const LONGEST_LINE = 120;
const LARGER = 1.25;
/** Numbers of pages stand in so many lines at the top or the bottom; what names a document in so many code units at its top. */
const EDGE_LINES = 15;
const HEAD_LENGTH = 4_000;
const TITLE_LINES = 6;
const LETTERHEAD_LINES = 10;
/** A page with fewer letters and digits has nothing on it. */
const LEAST_LETTERS = 4;

const PAGE_WORD = "page|seite|blatt|pagina|pág|pag|página|sida|side|sivu|strona|стр|страница|页|ページ";
const OF_WORD = "of|von|de|di|van|sur|av|af|z|из|\\/|\\|";
const NUMBERED_PAGE = new RegExp(`(?<![\\p{L}\\d])(?:${PAGE_WORD})\\.?[ :]{0,2}(\\d{1,4})(?:[ ]{0,2}(?:${OF_WORD})[ ]{0,2}(\\d{1,4}))?(?!\\d)`, "iu");
const BARE_NUMBERING = /^[-–( ]{0,2}(\d{1,4}) ?(?:\/|of|von|de|di|van|sur) ?(\d{1,4})[-–) ]{0,2}$/iu;

/** What may be numbered, in words with which texts label the number. */
const IDENTIFIED: Readonly<Record<string, string>> = {
  "invoice number": "invoice|rechnung|rechnungs|facture|factura|fattura|factuur|fatura|faktura",
  "credit note number": "credit note|credit memo|gutschrift|gutschrifts|avoir|nota de credito|creditnota",
  "order number": "sales order|work order|auftrag|auftrags",
  "delivery note number": "delivery note|lieferschein|bon de livraison|albaran|pakbon|packing slip",
  "statement number": "statement|kontoauszug|auszug|releve",
  "account number": "account|konto|compte|cuenta|conto|rekening",
  "contract number": "contract|agreement|vertrag|vertrags|contrat|contrato|contratto|overeenkomst",
  "receipt number": "receipt|quittung|beleg|recu|recibo|ricevuta|bon",
  "claim number": "claim|case|policy|versicherungsschein",
};
const NUMBER_WORD = "(?:number|numbers|num|no|nr|nummer|numero|numéro|número|n[°ºo]|id|#)";
const IDENTIFIER = Object.entries(IDENTIFIED).map(
  ([name, words]) =>
    [
      name,
      new RegExp(`(?<![\\p{L}\\d])(?:${words})[ -]?${NUMBER_WORD}(?!\\p{L})[.:# ]{0,12}([\\p{L}\\d][\\p{L}\\d./-]{0,30}\\d[\\p{L}\\d]{0,6})`, "iu"),
    ] as const,
);
const CONTACT =
  /[\p{L}\d._%+-]{1,64}@[\p{L}\d.-]{1,64}\.\p{L}{2,10}|(?:www\.)[\p{L}\d.-]{2,64}|(?<![\p{L}\d])(?:VAT|GST|TVA|IVA|BTW|USt|EIN|ABN)[^\d\n]{0,16}([A-Z]{0,3}\d[\d .-]{5,16}\d)/giu;
const SEPARATOR =
  /^ (?:.{0,40} )?(?:separator sheet|separator page|document separator|patch t|patch code|trennblatt|trennseite|feuille de separation|hoja separadora) (?:.{0,40} )?$/;
const INTENTIONALLY_BLANK = /intentionally (?:left )?blank|absichtlich (?:leer|frei)|laissee? (?:en )?blanc|en blanco intencionadamente/;
const ATTACHMENT = /^ (?:exhibit|schedule|annex|appendix|attachment|addendum|anlage|anhang|annexe|anexo|allegato|bijlage|bilaga|bilag) [\p{L}\d]/u;

/** What each page of a document shows, in order. */
export function signsOfPages(document: DocumentText): PageSigns[] {
  const margins = new Map<number, string[]>();
  for (const { page, reading } of marginLinesOf(document)) {
    const line = comparableText(document.reading.text.slice(reading[0], reading[1])).replace(/\d+/g, "#");
    margins.set(page, [...(margins.get(page) ?? []), line]);
  }
  return document.pages.map((page) => signsOf(document, page, margins.get(page.number) ?? []));
}

function signsOf(document: DocumentText, page: Page, margins: readonly string[]): PageSigns {
  const text = document.layout.text.slice(page.layout[0], page.layout[1]);
  const reading = document.reading.text.slice(page.reading[0], page.reading[1]);
  const lines = reading.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim().slice(0, LONGEST_LINE)]));
  const comparable = comparableText(reading.slice(0, 400));
  const titled = titleAmong(text);
  return {
    number: page.number,
    text,
    blank: (reading.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < LEAST_LETTERS || (reading.length < 200 && INTENTIONALLY_BLANK.test(comparable)),
    separator: reading.length < 200 && SEPARATOR.test(comparable),
    numbering: numberingOf(lines),
    title: titled?.found,
    titleLine: titled === undefined ? "" : comparableText(titled.line),
    large: titled !== undefined && isLarge(document, page, titled.line),
    identifiers: identifiersOf(text),
    contacts: contactsOf(lines),
    margins,
    goesOn: /^(?:\p{Ll}|[,;)])/u.test(lines.find((line) => !isNumbering(line)) ?? "") || ATTACHMENT.test(comparable),
  };
}

function titleAmong(text: string): { found: TitleFound; line: string } | undefined {
  for (const line of headLines(text, TITLE_LINES)) {
    const found = titleOf(line);
    if (found !== undefined) return { found, line };
  }
  return undefined;
}

/** Whether the first words of a line are a quarter higher than most words of the page. */
function isLarge(document: DocumentText, page: Page, line: string): boolean {
  const heights = wordsInRange(document, "layout", page.layout[0], page.layout[1]).map((index) => document.words[index]?.box?.height ?? 0);
  const at = document.layout.text.indexOf(line, page.layout[0]);
  const own = wordsInRange(document, "layout", at, at + line.length).map((index) => document.words[index]?.box?.height ?? 0);
  const middle = heights.toSorted((one, other) => one - other)[heights.length >> 1] ?? 0;
  return middle > 0 && Math.max(0, ...own) >= LARGER * middle;
}

function isNumbering(line: string): boolean {
  return BARE_NUMBERING.test(line) || NUMBERED_PAGE.test(line);
}

/** The count of a page: the last line that has one, for a list of contents may name pages above it. */
function numberingOf(lines: readonly string[]): PageSigns["numbering"] {
  const edges = lines.length <= 2 * EDGE_LINES ? lines : [...lines.slice(0, EDGE_LINES), ...lines.slice(-EDGE_LINES)];
  const found = edges.flatMap((line) => {
    const match = BARE_NUMBERING.exec(line) ?? NUMBERED_PAGE.exec(line);
    if (!match) return [];
    const [words, page, of] = match;
    const numbers = { page: Number(page), of: of === undefined ? undefined : Number(of) };
    return numbers.page < 1 || numbers.page > (numbers.of ?? numbers.page) ? [] : [{ ...numbers, words: words.trim() }];
  });
  return found.findLast(({ of }) => of !== undefined) ?? found.at(-1);
}

function identifiersOf(text: string): ReadonlyMap<string, string> {
  const plain = text.slice(0, HEAD_LENGTH).normalize("NFC");
  return new Map(
    IDENTIFIER.flatMap(([name, pattern]) => {
      const value = pattern.exec(plain)?.[1];
      return value === undefined ? [] : [[name, value.toUpperCase()] as const];
    }),
  );
}

function contactsOf(lines: readonly string[]): string[] {
  const head = lines.slice(0, LETTERHEAD_LINES).join("\n");
  return [...head.matchAll(CONTACT)].map((match) => match[0].toLowerCase().replace(/\s+/g, " "));
}

/** Tables of a document as outputs: a row each, with columns named as printed. */
import { columnHeadings, textRows } from "../document/tables/table.ts";
import { tablesOf } from "../document/tables/tables.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Json } from "../schema/json.ts";
import type { ColumnInput, OutputType } from "../schema/request.ts";
import type { DocumentKind } from "../schema/result.ts";
import type { DocumentFacts } from "../values/index.ts";
import { typeOf } from "./labelled.ts";

/** Rows that a question for line items is answered with, and where they stand in the layout view. */
export interface RowsRead {
  rows: readonly { readonly [column: string]: Json }[];
  range: readonly [number, number];
}

/** A table to ask for, and what is read then. */
export interface ProposedTable extends RowsRead {
  name: string;
  prompt: string;
  columns: ColumnInput[];
}

/** A document whose tables are wanted; `read` puts a question for line items to it. */
export interface TableSource {
  document: DocumentText;
  writing: DocumentFacts;
  kind: DocumentKind;
  read(prompt: string): RowsRead | undefined;
}

type Range = readonly [number, number];
type ColumnType = "text" | "number" | "date" | "email";

const MOST_TABLES = 5;
const LEAST_ROWS = 2;
const LONGEST_HEADING = 60;
/** Cells of a column that must look to be of a type, as a share of those that are filled. */
const MOST_CELLS = 0.8;
const ITEM_KINDS: ReadonlySet<DocumentKind> = new Set<DocumentKind>(["invoice", "receipt", "credit note", "order", "delivery note"]);

/** The line items of a document that lists some, then the other tables with a heading over every column, the longest first, of those with the same headings one; at most five. */
export function proposedTables(source: TableSource): ProposedTable[] {
  const items = ITEM_KINDS.has(source.kind) ? lineItems(source) : undefined;
  const proposed = items === undefined ? [] : [items];
  for (const { headings, types, range } of headedTables(source)) {
    if (proposed.length >= MOST_TABLES) break;
    if (proposed.some((table) => touches(table.range, range))) continue;
    const prompt = `List the rows with ${listed(headings)}.`;
    const read = source.read(`${prompt} with columns: ${headings.join(", ")}`);
    if (read === undefined || read.rows.length === 0) continue;
    const name = proposed.length === 0 && source.kind === "bank statement" ? "transactions" : `table_${proposed.length + 1}`;
    proposed.push({ name, prompt, columns: columnsOf(headings, types), rows: read.rows, range: hull(range, read.range) });
  }
  return proposed;
}

/** What the extractor takes for line items, with the columns that it names. */
function lineItems({ writing, read }: TableSource): ProposedTable | undefined {
  const prompt = "List the line items.";
  const first = read(prompt);
  const headings = Object.keys(first?.rows[0] ?? {});
  if (first === undefined || headings.length < 2 || !areNames(headings)) return undefined;
  const again = read(`${prompt} with columns: ${headings.join(", ")}`);
  if (again === undefined || again.rows.length === 0) return undefined;
  const types = headings.map((heading) =>
    columnType(
      heading,
      first.rows.map((row) => String(row[heading] ?? "")),
      writing,
    ),
  );
  return { name: "line_items", prompt, columns: columnsOf(headings, types), rows: again.rows, range: first.range };
}

/** Tables that say by a heading what each column is. Two columns of nothing but words are most often labels with their values. */
function headedTables({ document, writing }: TableSource): { headings: string[]; types: ColumnType[]; range: Range; rows: number }[] {
  const seen = new Set<string>();
  const usable = tablesOf(document).flatMap((table) => {
    const headings = columnHeadings(table).map((heading) => heading.trim());
    const rows = textRows(
      table,
      table.rows.filter((row) => row.kind === "data"),
    );
    const types = headings.map((heading, column) =>
      columnType(
        heading,
        rows.map((row) => row[column] ?? ""),
        writing,
      ),
    );
    const key = headings.join("\n").toLowerCase();
    const tells = headings.length > 2 || (headings.length === 2 && types.some((type) => type !== "text"));
    if (!tells || rows.length < LEAST_ROWS || !areNames(headings) || seen.has(key)) return [];
    seen.add(key);
    return [{ headings, types, range: table.range, rows: rows.length }];
  });
  return usable.toSorted((one, other) => other.rows - one.rows);
}

function columnsOf(headings: readonly string[], types: readonly ColumnType[]): ColumnInput[] {
  return headings.map((name, column) => {
    const type = types[column] ?? "text";
    return type === "text" ? name : { name, type };
  });
}

function areNames(headings: readonly string[]): boolean {
  const lower = headings.map((heading) => heading.toLowerCase());
  return headings.every((heading) => /\p{L}/u.test(heading) && heading.length <= LONGEST_HEADING) && new Set(lower).size === lower.length;
}

function columnType(heading: string, cells: readonly string[], facts: DocumentFacts): ColumnType {
  const types = cells.filter((cell) => cell.trim() !== "").map((cell): OutputType => typeOf(heading, cell.trim(), facts));
  const fits = (["number", "date", "email"] as const).find(
    (type) => types.length > 0 && types.filter((each) => each === type).length >= MOST_CELLS * types.length,
  );
  return fits ?? "text";
}

/** Whether two ranges share a place. */
export function touches([start, end]: Range, [otherStart, otherEnd]: Range): boolean {
  return start < otherEnd && otherStart < end;
}

function hull(one: Range, other: Range): Range {
  return [Math.min(one[0], other[0]), Math.max(one[1], other[1])];
}

function listed(headings: readonly string[]): string {
  return headings.length === 1 ? (headings[0] ?? "") : `${headings.slice(0, -1).join(", ")} and ${headings.at(-1)}`;
}

/** Docling's own form of a document, as far as text and places are in it. */
import { z } from "zod";
import type { Box } from "../../schema/document.ts";
import { blocksOfText, boxOf, type Part, type ServicePage } from "./pages.ts";

const boundingSchema = z.object({ l: z.number(), t: z.number(), r: z.number(), b: z.number(), coord_origin: z.string().nullish() });
const placedSchema = z.object({
  self_ref: z.string(),
  prov: z.array(z.object({ page_no: z.int().min(1), bbox: boundingSchema, charspan: z.array(z.int()).nullish() })).nullish(),
});
const textSchema = placedSchema.extend({ text: z.string() });
const cellSchema = z.object({ text: z.string(), bbox: boundingSchema.nullish(), start_row_offset_idx: z.int(), start_col_offset_idx: z.int() });
const tableSchema = placedSchema.extend({ data: z.object({ table_cells: z.array(cellSchema) }) });
const groupSchema = z.object({ self_ref: z.string(), children: z.array(z.object({ $ref: z.string() })).nullish() });

/** What is read of a DoclingDocument. */
export const doclingSchema = z.object({
  texts: z.array(textSchema.extend({ children: groupSchema.shape.children })),
  tables: z.array(tableSchema).nullish(),
  groups: z.array(groupSchema).nullish(),
  body: groupSchema.nullish(),
  pages: z.record(z.string(), z.object({ page_no: z.int().min(1), size: z.object({ width: z.number(), height: z.number() }) })),
});
type Docling = z.infer<typeof doclingSchema>;
type Bounding = z.infer<typeof boundingSchema>;

/** The pages of a document, its texts and tables in reading order; what the body doesn't name (headers, footers) comes last. */
export function pagesOfDocling(document: Docling): ServicePage[] {
  const blocks = new Map<number, Part[][][]>();
  const sizes = new Map(Object.values(document.pages).map(({ page_no: number, size }) => [number, size]));
  const add = (number: number, block: Part[][][]) => blocks.set(number, [...(blocks.get(number) ?? []), ...block]);
  const boxAt = (number: number, box: Bounding) => placed(box, sizes.get(number) ?? { width: 0, height: 0 });
  const texts = new Map(document.texts.map((text) => [text.self_ref, text]));
  const tables = new Map((document.tables ?? []).map((table) => [table.self_ref, table]));
  for (const reference of inOrder(document)) {
    const text = texts.get(reference);
    for (const { page_no: number, bbox, charspan } of text?.prov ?? []) {
      // A text that goes on to another page says which of its characters are where.
      const [start = 0, end] = text?.prov && text.prov.length > 1 && charspan ? charspan : [];
      add(number, blocksOfText(text?.text.slice(start, end) ?? "", boxAt(number, bbox)));
    }
    if (text && !text.prov?.length) add(1, blocksOfText(text.text));
    const table = tables.get(reference);
    const number = table?.prov?.[0]?.page_no ?? 1;
    if (table) add(number, [rowsOf(table.data.table_cells, (box) => boxAt(number, box))]);
  }
  const numbers = new Set([...sizes.keys(), ...blocks.keys()]);
  return [...numbers].map((number) => ({ number, ...(sizes.get(number) ?? { width: 0, height: 0 }), blocks: blocks.get(number) ?? [] }));
}

/** References to texts and tables in the order of the body; those outside of it after them. */
function inOrder({ body, groups, texts, tables }: Docling): string[] {
  const children = new Map([...(groups ?? []), ...texts, ...(body ? [body] : [])].map(({ self_ref, children: own }) => [self_ref, own ?? []]));
  const order = new Set<string>();
  const open = [body?.self_ref ?? ""];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    // A file may have a circle in it.
    if (order.has(next)) continue;
    order.add(next);
    open.push(...[...(children.get(next) ?? [])].reverse().map(({ $ref }) => $ref));
  }
  for (const { self_ref } of [...texts, ...(tables ?? [])]) order.add(self_ref);
  return [...order];
}

function rowsOf(cells: readonly z.infer<typeof cellSchema>[], boxAt: (box: Bounding) => Box | undefined): Part[][] {
  const rows = new Map<number, z.infer<typeof cellSchema>[]>();
  for (const cell of cells) rows.set(cell.start_row_offset_idx, [...(rows.get(cell.start_row_offset_idx) ?? []), cell]);
  const ordered = [...rows].sort(([first], [second]) => first - second);
  return ordered.map(([, row]) =>
    row
      .sort((first, second) => first.start_col_offset_idx - second.start_col_offset_idx)
      .map(({ text, bbox }) => ({ text, ...(bbox ? { box: boxAt(bbox) } : {}) })),
  );
}

/** Docling counts from the bottom of the page unless it says otherwise. */
function placed({ l: left, r: right, t, b, coord_origin: origin }: Bounding, page: { width: number; height: number }): Box | undefined {
  const isFromTop = origin === "TOPLEFT";
  return boxOf({ left, right, top: isFromTop ? t : page.height - t, bottom: isFromTop ? b : page.height - b }, page);
}

/** A document as every stage after extract-text sees it: words with boxes, and two texts over the same words. */
import { z } from "zod";

/** A rectangle on the displayed page (rotation and crop box applied), each number a fraction 0 to 1 of the page, origin top left. */
export const boxSchema = z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() });
export type Box = z.infer<typeof boxSchema>;

/** A word: no white space inside. `page` counts from 1; `confidence` (0 to 1) only where it was recognised from an image. */
export const wordSchema = z.object({ text: z.string(), page: z.number().int(), box: boxSchema.optional(), confidence: z.number().optional() });
export type Word = z.infer<typeof wordSchema>;

/**
 * One text over the words. `words[i]` is the index of the i-th word of this text, which stands at `text.slice(starts[i], starts[i] + word.text.length)`;
 * `starts` ascends. Every word of the document is in both views exactly once, so any character range of either has words, and so boxes.
 * Offsets are UTF-16 code units, here and everywhere.
 */
export const textViewSchema = z.object({ text: z.string(), words: z.array(z.number().int()), starts: z.array(z.number().int()) });
export type TextView = z.infer<typeof textViewSchema>;

/**
 * A ruling line of a page: its place across its direction, and its two ends along it, each a fraction 0 to 1 of the displayed page.
 * For a line from left to right that is [top, left, right]; for one from top to bottom [left, top, bottom].
 */
export const rulingSchema = z.tuple([z.number(), z.number(), z.number()]);

/** A page: its number from 1, its displayed size in points (1/72 inch), and where it lies in both views ([start, end) offsets). `rulings` are the straight lines drawn on it, where it has any. */
export const pageSchema = z.object({
  number: z.number().int(),
  width: z.number(),
  height: z.number(),
  layout: z.tuple([z.number().int(), z.number().int()]),
  reading: z.tuple([z.number().int(), z.number().int()]),
  rulings: z.object({ across: z.array(rulingSchema), down: z.array(rulingSchema) }).optional(),
});
export type Page = z.infer<typeof pageSchema>;

/**
 * Where the parts of a table file stand in its text: the part that begins at `starts[i]` and goes on to the next is record `rows[i]` of a csv file (from 1),
 * or cell `cells[i]` of a workbook ("Sheet1!B7"; "" where it is none). `starts` ascends.
 */
export const originsSchema = z.object({ starts: z.array(z.number().int()), rows: z.array(z.number().int()).optional(), cells: z.array(z.string()).optional() });
export type Origins = z.infer<typeof originsSchema>;

/**
 * A document's text. `layout` keeps columns apart by blanks as on the page (what models and the label reader see);
 * `reading` is in reading order with one blank between words, a line break between lines and an empty line between blocks (what search and chunks use).
 * `kind` is "pages" where words have boxes, "text" for files without pages (one page, no boxes, both views the same text). `origins` only for table files.
 */
export const documentTextSchema = z.object({
  v: z.literal(1),
  kind: z.enum(["pages", "text"]),
  parser: z.string(),
  language: z.string(),
  words: z.array(wordSchema),
  pages: z.array(pageSchema),
  layout: textViewSchema,
  reading: textViewSchema,
  origins: originsSchema.optional(),
});
export type DocumentText = z.infer<typeof documentTextSchema>;

/** The name of a view of a document. */
export type ViewName = "layout" | "reading";

/** Bytes in the object store, named by their content. */
export const artifactSchema = z.object({ key: z.string(), sha256: z.string(), bytes: z.number().int() });
export type Artifact = z.infer<typeof artifactSchema>;

/** Word documents as text, by way of HTML. */
import mammoth from "mammoth";
import { htmlText } from "./html.ts";
import { readZip, writeZip } from "./zip.ts";

/** HTML larger than this is not turned into text: it takes a multiple of it in memory. */
const HTML_MAXIMUM = 64 * 1024 * 1024;

/** The HTML of a document is over its limit. */
export class HtmlTooLarge extends Error {
  override readonly name = "HtmlTooLarge";
}

/** The text of a Word document: body, tables, notes. Pictures are left out. Throws ZipError, HtmlTooLarge, or what the library throws at a damaged file. */
export async function docxText(bytes: Uint8Array): Promise<string> {
  const safe = writeZip(readZip(bytes, (name) => !/^word\/(media|embeddings|fonts)\//.test(name)));
  const { value } = await mammoth.convertToHtml(
    { buffer: safe },
    { convertImage: mammoth.images.imgElement(async () => ({ src: "" })), externalFileAccess: false },
  );
  if (value.length > HTML_MAXIMUM) throw new HtmlTooLarge();
  return htmlText(value);
}

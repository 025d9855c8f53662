/** Office documents made in the test. */
import { deflateRawSync } from "node:zlib";
import { writeZip, type ZipEntry } from "../../../lib/document/zip.ts";

/** An archive of texts, stored. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  return writeZip(Object.entries(files).map(([name, text]): ZipEntry => ({ name, crc: 0, bytes: Buffer.from(text) })));
}

/** An archive of one deflated entry whose directory claims `claimed` bytes. */
export function deflatedZip(name: string, bytes: Uint8Array, claimed = bytes.length): Buffer {
  const packed = deflateRawSync(bytes);
  const zip = writeZip([{ name, crc: 0, bytes: packed }]);
  const central = zip.length - 22 - 46 - Buffer.byteLength(name);
  zip.writeUInt16LE(8, 8);
  zip.writeUInt32LE(claimed, 22);
  zip.writeUInt16LE(8, central + 10);
  zip.writeUInt32LE(claimed, central + 24);
  return zip;
}

const RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEAD = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`;

function contentTypes(parts: readonly (readonly [string, string])[]): string {
  const overrides = parts.map(([name, type]) => `<Override PartName="/${name}" ContentType="application/vnd.openxmlformats-officedocument.${type}+xml"/>`);
  const defaults = `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`;
  return `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${defaults}${overrides.join("")}</Types>`;
}

function relations(targets: readonly (readonly [string, string])[]): string {
  const all = targets.map(([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${RELATION}/${type}" Target="${target}"/>`);
  return `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.join("")}</Relationships>`;
}

/** A Word document with this body. */
export function makeDocx(body: string): Buffer {
  return zipOf({
    "[Content_Types].xml": contentTypes([["word/document.xml", "wordprocessingml.document.main"]]),
    "_rels/.rels": relations([["officeDocument", "word/document.xml"]]),
    "word/document.xml": `${HEAD}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
  });
}

/** A paragraph of a Word document. */
export function paragraph(text: string): string {
  return `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

/** A workbook: sheets by name, each the XML of its rows. Style 1 is a date. */
export function makeXlsx(sheets: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(sheets);
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const listed = names.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join("");
  const files: Record<string, string> = {
    "[Content_Types].xml": contentTypes([
      ["xl/workbook.xml", "spreadsheetml.sheet.main"],
      ["xl/styles.xml", "spreadsheetml.styles"],
      ...names.map((_, index) => [`xl/worksheets/sheet${index + 1}.xml`, "spreadsheetml.worksheet"] as const),
    ]),
    "_rels/.rels": relations([["officeDocument", "xl/workbook.xml"]]),
    "xl/_rels/workbook.xml.rels": relations([...names.map((_, index) => ["worksheet", `worksheets/sheet${index + 1}.xml`] as const), ["styles", "styles.xml"]]),
    "xl/workbook.xml": `${HEAD}<workbook xmlns="${main}" xmlns:r="${RELATION}"><sheets>${listed}</sheets></workbook>`,
    "xl/styles.xml": `${HEAD}<styleSheet xmlns="${main}"><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
  for (const [index, rows] of Object.values(sheets).entries()) {
    files[`xl/worksheets/sheet${index + 1}.xml`] = `${HEAD}<worksheet xmlns="${main}"><sheetData>${rows}</sheetData></worksheet>`;
  }
  return zipOf(files);
}

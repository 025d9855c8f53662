/** Workbooks as text: each sheet under its name, one line for each row, every cell with its address. */
import readSheets from "read-excel-file/universal";
import { columnWidths, type FileText, oneLine, rowText } from "./grid-text.ts";
import { readZip, writeZip, type ZipEntry } from "./zip.ts";

/** What stands where a formula has no stored value. */
export const NO_VALUE = "(formula without a stored value)";

/** The text of a workbook. `cells` of its origins are addresses such as "Sheet1!B7". Formulas give the value that was stored with them. Throws ZipError, or what the library throws at a damaged file. */
export async function xlsxText(bytes: Uint8Array): Promise<FileText> {
  const entries = readZip(bytes, (name) => /^(xl\/(workbook|styles|sharedStrings|worksheets|_rels)|_rels|\[Content_Types\]|docProps)/i.test(name));
  const archive = writeZip(entries.map(withStoredValues));
  const sheets = await readSheets(archive.buffer.slice(archive.byteOffset, archive.byteOffset + archive.length) as ArrayBuffer, { trim: false });
  const lines: string[] = [];
  const starts: number[] = [];
  const cells: string[] = [];
  let at = 0;
  const write = (line: string) => {
    lines.push(line);
    at += line.length + 1;
  };
  for (const { sheet, data } of sheets) {
    const rows = data.map((row) => row.map((value) => oneLine(cellText(value))));
    if (rows.every((row) => row.every((cell) => cell === ""))) continue;
    if (lines.length > 0) write("");
    starts.push(at);
    cells.push("");
    write(oneLine(sheet));
    const widths = columnWidths(rows);
    const name = sheetReference(sheet);
    for (const [index, row] of rows.entries()) {
      const line = rowText(row, widths, (column, offset) => {
        starts.push(at + offset);
        cells.push(`${name}!${columnName(column)}${index + 1}`);
      });
      if (line !== "") write(line);
    }
  }
  return { text: lines.join("\n"), origins: { starts, cells } };
}

/** A sheet's name as formulas write it. */
function sheetReference(sheet: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(sheet) ? sheet : `'${sheet.replace(/'/g, "''")}'`;
}

/** 0 to "A", 25 to "Z", 26 to "AA". */
export function columnName(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnName(Math.floor(column / 26) - 1) + letter;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : dateText(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return String(value);
}

/** Days as dates, with the time where there is one; before the first day of the calendar only the time counts. */
function dateText(date: Date): string {
  const [day = "", time = ""] = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().slice(0, 19).split("T");
  if (date.getUTCFullYear() < 1900) return time;
  return time === "00:00:00" ? day : `${day} ${time}`;
}

/** The number without the noise of binary fractions (0.1 + 0.2), never in powers of ten. */
function numberText(value: number): string {
  const rounded = Number(value.toPrecision(15));
  const text = String(rounded);
  return text.includes("e") ? rounded.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 }) : text;
}

/** Cells with a formula and without a value say so, and errors are text; the library would take both for empty, or refuse the whole sheet. */
function withStoredValues(entry: ZipEntry): ZipEntry {
  if (!/^xl\/worksheets\/[^/]+\.xml$/i.test(entry.name)) return entry;
  const xml = withReferences(new TextDecoder().decode(entry.bytes));
  if (!/<(?:\w{1,20}:)?f[\s/>]|\st="e"/.test(xml)) return { ...entry, bytes: new TextEncoder().encode(xml) };
  const changed = xml.split(/(?=<(?:\w{1,20}:)?c[\s>])/).map(cellWithValue);
  return { ...entry, bytes: new TextEncoder().encode(changed.join("")) };
}

/** `part` begins with a cell and goes on to the next one. */
function cellWithValue(part: string): string {
  const open = /^<((?:\w{1,20}:)?)c(\s[^>]*)?>/.exec(part);
  if (!open || open[0].endsWith("/>")) return part;
  const [head, prefix = "", attributes = ""] = open;
  const end = part.indexOf(`</${prefix}c>`);
  if (end === -1) return part;
  const body = part.slice(head.length, end);
  const value = new RegExp(`<${prefix}v(?:\\s[^>]*)?>([^<]*)</${prefix}v>`).exec(body)?.[1];
  const isFormula = new RegExp(`<${prefix}f[\\s/>]`).test(body);
  const isEmptyText = attributes.includes('t="str"') && value === "";
  const text = attributes.includes('t="e"') ? value : isFormula && !value && !isEmptyText ? NO_VALUE : undefined;
  if (text === undefined) return part;
  const reference = /\sr="[A-Z]{1,3}\d{1,7}"/.exec(attributes)?.[0] ?? "";
  return `<${prefix}c${reference} t="inlineStr"><${prefix}is><${prefix}t>${text}</${prefix}t></${prefix}is>${part.slice(end)}`;
}

/** Rows and cells may leave out where they are: it is after the one before. The library needs to be told. */
function withReferences(xml: string): string {
  if (!/<(?:\w{1,20}:)?c(?:>|\s(?!r=))/.test(xml)) return xml;
  let row = 0;
  let column = 0;
  return xml.replace(/<((?:\w{1,20}:)?)(row|c)((?:\s[^>]*)?)>/g, (tag: string, prefix: string, name: string, attributes: string) => {
    const reference = /\sr="([A-Z]{0,3})(\d{1,7})"/.exec(attributes);
    if (name === "row") {
      row = reference ? Number(reference[2]) : row + 1;
      column = 0;
      return reference ? tag : `<${prefix}row r="${row}"${attributes}>`;
    }
    column = reference ? columnNumber(reference[1] ?? "A") : column + 1;
    return reference ? tag : `<${prefix}c r="${columnName(column - 1)}${row}"${attributes}>`;
  });
}

/** "A" to 1, "AA" to 27. */
function columnNumber(name: string): number {
  return [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

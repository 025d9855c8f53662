/** Tables as rows with the header's names as keys. */
import type { Json } from "../schema/json.ts";
import { collapse } from "./fold.ts";
import { jsonIn } from "./json.ts";
import { readable, type TypedValue, unreadable } from "./types.ts";

/** Wider tables are refused: every row gets every column, so that ragged rows of a hostile answer would multiply. */
const MAXIMUM_COLUMNS = 200;

/** A row: the header's names are data, also "__proto__". */
export type Row = { readonly [column: string]: Json };

type JsonObject = { [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value);
}

/** Header names made unique and not empty: "Amount", "Amount 2", "column 3". */
function columnNames(header: readonly Json[], width: number): readonly string[] {
  const used = new Set<string>();
  const copies = new Map<string, number>();
  return Array.from({ length: width }, (_, index) => {
    const entry = header[index] ?? null;
    const printed = entry === null ? "" : collapse(typeof entry === "object" ? JSON.stringify(entry) : String(entry));
    const name = printed === "" ? `column ${index + 1}` : printed;
    let unique = name;
    for (let copy = copies.get(name) ?? 2; used.has(unique); copy++) {
      unique = `${name} ${copy}`;
      copies.set(name, copy + 1);
    }
    used.add(unique);
    return unique;
  });
}

function cell(value: Json | undefined): Json {
  if (typeof value !== "string") return value ?? null;
  const text = collapse(value);
  return text === "" ? null : text;
}

function isEmptyRow(row: Row): boolean {
  return Object.values(row).every((value) => value === null);
}

function fromLists(header: readonly Json[], body: readonly (readonly Json[])[]): readonly Row[] | undefined {
  const width = body.reduce((most, row) => Math.max(most, row.length), header.length);
  if (width > MAXIMUM_COLUMNS) return undefined;
  const names = columnNames(header, width);
  // Object.fromEntries defines properties, so that a column called __proto__ is data.
  return body.map((row) => Object.fromEntries(names.map((name, index) => [name, cell(row[index])]))).filter((row) => !isEmptyRow(row));
}

function fromObjects(rows: readonly JsonObject[]): readonly Row[] | undefined {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length > MAXIMUM_COLUMNS) return undefined;
  return rows
    .map((row) => Object.fromEntries(names.map((name) => [name, cell(Object.hasOwn(row, name) ? row[name] : null)])))
    .filter((row) => !isEmptyRow(row));
}

const HEADER_KEYS = ["headers", "header", "columns"];
const BODY_KEYS = ["rows", "data", "items", "line_items", "lineItems", "table"];

function own(object: JsonObject, keys: readonly string[]): Json | undefined {
  const key = keys.find((name) => Object.hasOwn(object, name));
  return key === undefined ? undefined : object[key];
}

function fromObject(object: JsonObject): readonly Row[] | undefined {
  const body = own(object, BODY_KEYS);
  const header = own(object, HEADER_KEYS);
  if (isList(body)) {
    if (isList(header) && body.every(isList)) return fromLists(header, body);
    return rowsOf(body);
  }
  const values = Object.values(object);
  if (values.length === 1 && isList(values[0])) return rowsOf(values[0]);
  if (values.length > 1 && values.every(isList)) {
    const height = values.reduce((most, column) => Math.max(most, column.length), 0);
    return fromLists(
      Object.keys(object),
      Array.from({ length: height }, (_, index) => values.map((column) => column[index] ?? null)),
    );
  }
  return values.some((value) => isObject(value) || isList(value)) ? undefined : fromObjects([object]);
}

/** Cells of one line of separated values; quotes keep separators. */
function splitLine(line: string, separator: string): readonly string[] {
  const cells: string[] = [];
  let current = "";
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      cells.push(current);
      current = "";
    } else current += character;
  }
  return [...cells, current];
}

function fromPipes(lines: readonly string[]): readonly Row[] | undefined {
  const table = lines.map((line) => line.trim()).filter((line) => line.startsWith("|") && line.length > 1);
  const cells = table.map((line) => line.slice(1, line.endsWith("|") ? -1 : undefined).split("|"));
  const body = cells.filter((row) => !row.every((entry) => /^[\s:=-]*$/.test(entry)));
  const [header, ...rest] = body;
  return header && rest.length > 0 ? fromLists(header, rest) : undefined;
}

function fromText(text: string): readonly Row[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pipes = fromPipes(lines);
  if (pipes) return pipes;
  const splits = ["\t", ";", ","].map((separator) => (line: string) => splitLine(line, separator));
  for (const split of [...splits, (line: string) => line.trim().split(/ {2,}/)]) {
    const rows = lines.map(split);
    const [header, ...rest] = rows;
    if (header && header.length > 1 && rest.length > 0 && rest.every((row) => row.length === header.length)) return fromLists(header, rest);
  }
  return undefined;
}

/** The rows of anything that is a table: a list of lists (the first is the header), a list of objects, { headers, rows }, columns, or text with pipes, tabs, semicolons, commas or wide gaps. */
export function rowsOf(raw: Json): readonly Row[] | undefined {
  if (typeof raw === "string") {
    const found = jsonIn(raw);
    const rows = found && typeof found.value !== "string" ? rowsOf(found.value) : undefined;
    return rows ?? fromText(raw);
  }
  if (isObject(raw)) return fromObject(raw);
  if (!isList(raw) || raw.length === 0) return undefined;
  if (raw.every(isObject)) return fromObjects(raw);
  if (!raw.every(isList)) return undefined;
  const [header = [], ...body] = raw;
  return body.length === 0 ? undefined : fromLists(header, body);
}

/** Reads a table: a list of row objects with the header's names as keys, cells as printed, empty cells null, empty rows left out. */
export function readTable(raw: Json): TypedValue {
  const rows = rowsOf(raw);
  if (!rows || rows.length === 0) return unreadable("is no table: rows with a header, of at most 200 columns, are needed");
  return readable([...rows], `a table of ${rows.length} rows`);
}
